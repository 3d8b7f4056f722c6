"""How quickly the web client starts on a slow phone connection, in Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from aiohttp import web
from playwright.sync_api import Browser, CDPSession, Page

from bench.report import Report, Target
from local.chromium import chromium
from local.gateway.web_client import WebClient
from local.web_server import serving, wait_for_kept_files
from project.template import ROOT
from project.web_client import PAGE, SETTINGS, settings

SLOW_3G = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}
"""WebPageTest's profile "Slow 3G": 400 kbit/s, and 400 ms for each round trip."""

MAX_SECONDS_TO_PAINT = 3.0

# When the form was there, which no entry of the browser's own timeline says.
_WATCH = """new MutationObserver(() => {
    if (!window.formAt && document.querySelector("form")) window.formAt = performance.now();
}).observe(document, {childList: true, subtree: true});"""

_TIMES = """[performance.getEntriesByName("first-contentful-paint")[0].startTime, window.formAt]"""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds until something is painted and until the form is there, and the traffic."""

    painted: float
    usable: float
    requests: int
    kilobytes: float


def report(rounds: int) -> Report:
    """Start the client as it is served, as plain files, and again in the same browser."""
    found: dict[str, list[Start]] = {"plain files": [], "first start": [], "next start": []}
    with chromium() as browser:
        for _ in range(rounds):
            with serving(_app(plain=True)) as url, _page(browser) as page:
                found["plain files"].append(_start(page, lambda page: page.goto(url)))
            with serving(_app(plain=False)) as url, _page(browser) as page:
                found["first start"].append(_start(page, lambda page: page.goto(url)))
                wait_for_kept_files(page)
                _slow_down_worker(browser)
                found["next start"].append(_start(page, lambda page: page.reload()))
    return _report(found, rounds)


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.add_init_script(_WATCH)
    yield context.new_page()
    context.close()


def _start(page: Page, load: Callable[[Page], Any]) -> Start:
    session = page.context.new_cdp_session(page)
    received: list[float] = []
    session.on("Network.loadingFinished", lambda each: received.append(each["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_3G)
    load(page)
    page.get_by_role("heading", name="Sign in").wait_for()
    painted, usable = page.evaluate(_TIMES)
    session.detach()
    return Start(painted / 1000, usable / 1000, len(received), sum(received) / 1000)


def _slow_down_worker(browser: Browser) -> None:
    """Let the service worker have the same connection: it is not part of the page."""
    session: CDPSession = browser.new_browser_cdp_session()
    targets = session.send("Target.getTargets")["targetInfos"]
    [worker] = [each["targetId"] for each in targets if each["type"] == "service_worker"]
    attached = session.send("Target.attachToTarget", {"targetId": worker, "flatten": False})
    for number, (method, parameters) in enumerate(
        [("Network.enable", {}), ("Network.emulateNetworkConditions", SLOW_3G)]
    ):
        message = json.dumps({"id": number, "method": method, "params": parameters})
        session.send(
            "Target.sendMessageToTarget", {"sessionId": attached["sessionId"], "message": message}
        )


def _app(*, plain: bool) -> web.Application:
    values = settings("", search=False, scopes=False, password_length=12)
    if not plain:
        client = WebClient(ROOT / "web", "http://127.0.0.1:9", values)
        return web.Application(middlewares=[client.serve])

    async def serve(request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/") or PAGE
        if path == SETTINGS:
            return web.json_response(values)
        return web.FileResponse(ROOT / "web" / path)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    return app


def _report(found: dict[str, list[Start]], rounds: int) -> Report:
    rows = [
        (
            name,
            f"{median(each.painted for each in starts):.1f} s",
            f"{median(each.usable for each in starts):.1f} s",
            f"{median(each.requests for each in starts):.0f}",
            f"{median(each.kilobytes for each in starts):.0f}",
        )
        for name, starts in found.items()
    ]
    painted = {name: median(each.painted for each in starts) for name, starts in found.items()}
    usable = {name: median(each.usable for each in starts) for name, starts in found.items()}
    return Report(
        "Start of the web client",
        "Chromium opens the sign-in page over an emulated slow phone connection (400 kbit/s, 400 "
        f"ms per round trip, HTTP/1.1), with an empty cache; medians of {rounds} rounds. The plain "
        "files are the same folder without compression, without the list of modules and without a "
        "service worker. The next start is a reload, for which the service worker has kept the "
        "files and asks for the page.",
        ("", "first contentful paint", "form is there", "requests", "kB"),
        rows,
        [
            Target("seconds to the first paint", painted["first start"], MAX_SECONDS_TO_PAINT),
            Target(
                "seconds to the form, times plain files",
                usable["first start"] / usable["plain files"],
                0.85,
            ),
            Target(
                "seconds to the form at the next start, times the first",
                usable["next start"] / usable["first start"],
                0.5,
            ),
        ],
    )
