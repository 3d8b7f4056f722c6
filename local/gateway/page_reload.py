"""While `make watch` runs, the page reloads when a file of the web client has changed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from watchfiles import awatch

from local.gateway import html

SCRIPT, CHANGES = "/_local/page_reload.js", "/_local/changes"

_TAG = f'<script type="module" src="{SCRIPT}"></script>'
_CLOSED_AFTER = 2  # seconds until a closed page is noticed
_STREAM = {"Content-Type": "text/event-stream"}


class PageReload:
    """A script in the front page, and the changes of a folder as a stream of server-sent events.

    The script is a file of the gateway, so the Content-Security-Policy allows it as it is.
    """

    def __init__(
        self, folder: Path, headers: Mapping[str, str], is_watched: Callable[[], bool]
    ) -> None:
        self._folder = folder
        self._headers = headers
        self._is_watched = is_watched
        self._started = secrets.token_hex(4)
        self._stopping = asyncio.Event()

    def add_to(self, app: web.Application) -> None:
        """Serve the page with the script."""
        app.middlewares.append(self._serve)
        app.on_shutdown.append(self._stop)

    @web.middleware
    async def _serve(self, request: web.Request, handler: Any) -> web.StreamResponse:
        page = self._folder / "index.html"
        if request.method == "GET" and self._is_watched():
            if request.path in ("/", "/index.html") and page.is_file():
                return self._with_script(page.read_text())
            if request.path == SCRIPT:
                return web.FileResponse(Path(__file__).with_suffix(".js"), headers=self._headers)
            if request.path == CHANGES:
                return await self._send_changes(request)
        response: web.StreamResponse = await handler(request)
        return response

    def _with_script(self, page: str) -> web.Response:
        text = page.replace("</head>", f"{_TAG}</head>")
        return web.Response(text=text, content_type="text/html", headers=self._headers)

    async def _send_changes(self, request: web.Request) -> web.StreamResponse:
        """Send which gateway this is, and an event per change, until the page is closed."""
        response = web.StreamResponse(headers={**html.SECURITY_HEADERS, **_STREAM})
        await response.prepare(request)
        await response.write(f"data: {self._started}\n\n".encode())
        changes = awatch(
            self._folder,
            stop_event=self._stopping,
            rust_timeout=_CLOSED_AFTER * 1000,
            yield_on_timeout=True,
        )
        async for changed in changes:
            if not self._is_watched():
                break
            # A comment, which the page ignores, fails if the page is closed.
            await response.write(b"data: changed\n\n" if changed else b":\n\n")
        return response

    async def _stop(self, _: web.Application) -> None:
        self._stopping.set()
