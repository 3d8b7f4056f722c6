"""The web client on a server of its own, in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from playwright.sync_api import Page

from local.stack_probe import wait_for

_FILES_ARE_KEPT = """async () => {
    const {installing, waiting} = await navigator.serviceWorker.ready;
    const names = await caches.keys();
    const isSettled = !installing && !waiting && navigator.serviceWorker.controller;
    return Boolean(isSettled && names.length === 1 && await caches.match("index.html"));
}"""


def wait_for_kept_files(page: Page) -> None:
    """Wait until the service worker of a page of the web client has kept all files."""
    wait_for("the service worker", lambda: page.evaluate(_FILES_ARE_KEPT))


@contextmanager
def serving(app: web.Application) -> Iterator[str]:
    """Serve an application on this machine. Returns its address, which ends with a slash."""
    started: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=asyncio.run, args=(_serve(app, started),))
    thread.start()
    port, loop, stopped = started.result()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()


async def _serve(app: web.Application, started: Future[Any]) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stopped = asyncio.Event()
    started.set_result((runner.addresses[0][1], asyncio.get_running_loop(), stopped))
    await stopped.wait()
    await runner.cleanup()
