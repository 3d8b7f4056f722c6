"""The web client as an app: it can be installed, starts without a connection, and is never old."""

from __future__ import annotations

import mimetypes
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.sync_api import Browser, Page, expect

from local.emulator_clients import Outputs
from local.gateway.web_client import WebClient
from local.web_server import serving, wait_for_kept_files
from project.template import ROOT
from project.web_client import PAGE, WORKER, served_files, settings
from tests.browser.customer import Customer

HEADERS = WebClient(ROOT / "web", "http://127.0.0.1:9", {}).headers

pytestmark = pytest.mark.xdist_group("browser")

PATHS = """async () => {
    const [name] = await caches.keys();
    const requests = await (await caches.open(name)).keys();
    return requests.map((each) => new URL(each.url).pathname);
}"""
UPDATE = """async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    const worker = registration.installing;
    while (worker?.state === "installing") {
        await new Promise((done) => worker.addEventListener("statechange", done, {once: true}));
    }
    return worker?.state;
}"""


class Deployed:
    """A web client whose files a test replaces, without an API."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(shutil.copytree(ROOT / "web", folder / "web"))
        self.files: dict[str, bytes] = {}
        self.deploy()

    def deploy(self, *only: str) -> None:
        """Serve the files of the folder, or these of them."""
        values = settings("", search=False, scopes=False, password_length=12)
        files = served_files(self.folder, values)
        self.files |= {path: files[path] for path in only or files}

    def rename(self, name: str) -> None:
        """Write another name of the sign-in page into the folder."""
        words = self.folder / "languages" / "en.js"
        old = 'title: "Sign in"'
        assert old in words.read_text()
        words.write_text(words.read_text().replace(old, f'title: "{name}"'))

    async def serve(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/") or PAGE
        if path not in self.files:
            raise web.HTTPNotFound
        content_type = mimetypes.guess_type(path)[0]
        headers = {**HEADERS, "Content-Type": content_type or "application/octet-stream"}
        return web.Response(body=self.files[path], headers=headers)


@pytest.fixture
def deployed(tmp_path: Path) -> Deployed:
    return Deployed(tmp_path)


@pytest.fixture
def visited(browser: Browser, deployed: Deployed) -> Iterator[Page]:
    """The sign-in page of this client, whose files the service worker has kept."""
    app = web.Application()
    app.router.add_get("/{path:.*}", deployed.serve)
    context = browser.new_context()
    with serving(app) as url:
        page = context.new_page()
        page.goto(url)
        wait_for_kept_files(page)
        yield page
        context.close()


def sees(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_browsers_offer_to_install_the_client(visited: Page) -> None:
    session = visited.context.new_cdp_session(visited)

    manifest = session.send("Page.getAppManifest")
    problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")
    assert [each["errorId"] for each in problems if each["errorId"] != "in-incognito"] == []


def test_a_new_version_is_seen_at_the_next_start_and_then_kept(
    visited: Page, deployed: Deployed
) -> None:
    """fault 103"""
    deployed.rename("Come in")
    deployed.deploy()

    visited.reload()

    sees(visited, "Come in")
    wait_for_kept_files(visited)
    visited.context.set_offline(True)
    visited.reload()
    sees(visited, "Come in")


def test_files_of_two_versions_are_never_kept_together(visited: Page, deployed: Deployed) -> None:
    """fault 103: the worker of the next version is there before its files."""
    deployed.rename("Come in")
    deployed.deploy(WORKER)

    assert visited.evaluate(UPDATE) == "redundant"

    visited.context.set_offline(True)
    visited.reload()
    sees(visited, "Sign in")
    visited.context.set_offline(False)
    deployed.deploy()
    visited.reload()
    sees(visited, "Come in")


def test_a_start_without_a_connection_says_so_and_goes_on_with_it(
    browser: Browser, outputs: Outputs
) -> None:
    """fault 103"""
    context = browser.new_context()
    customer = Customer(context.new_page(), outputs, f"offline-{uuid.uuid4().hex[:8]}")
    customer.is_created()
    customer.visits()
    customer.signs_in()
    customer.sees("Orders")
    wait_for_kept_files(customer.page)

    context.set_offline(True)
    customer.page.reload()
    expect(customer.page.get_by_text("You are offline.")).to_be_visible()
    customer.is_told("The server did not respond.")
    kept = customer.page.evaluate(PATHS)
    context.set_offline(False)

    customer.sees("Orders")
    assert not {"/session", "/orders", "/users/me", "/messages"} & set(kept)
    context.close()
