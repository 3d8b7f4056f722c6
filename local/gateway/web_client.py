"""Serve the web client as CloudFront does: static files with security headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web


class WebClient:
    """The files of a folder, for the stack whose services are at `endpoint`."""

    def __init__(self, folder: Path, endpoint: str, *, search: bool, scopes: bool) -> None:
        self._folder = folder.resolve()
        self._search = search
        self._scopes = scopes
        self.headers = _headers(endpoint)

    @web.middleware
    async def serve(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Answer requests for the client's files, and leave all others to the handler."""
        path = request.path.removeprefix("/") or "index.html"
        if request.method == "GET" and path == "config.json":
            return self._config()
        if request.method == "GET" and (file := self._file(path)):
            return file
        response: web.StreamResponse = await handler(request)
        return response

    def _file(self, path: str) -> web.FileResponse | None:
        """Return the file at this path, or None if the folder has none."""
        try:
            file = (self._folder / path).resolve()
            if not (file.is_relative_to(self._folder) and file.is_file()):
                return None
        except (OSError, ValueError):  # a path that is too long, or has a NUL character
            return None
        return web.FileResponse(file, headers=self.headers)

    def _config(self) -> web.Response:
        """Return config.json, as `make web` writes it on AWS. Here, the API has the same origin."""
        config = {
            "apiUrl": "",
            "token": "accessToken" if self._scopes else "idToken",
            "search": self._search,
            "notificationsUrl": "/_local/notifications.json",
        }
        return web.json_response(config, headers=self.headers)


def _headers(endpoint: str) -> dict[str, str]:
    # Browsers load and upload pictures at S3, and receive events over a WebSocket.
    live = endpoint.replace("http", "ws", 1)
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' blob: {endpoint}",
        "connect-src": f"'self' {endpoint} {live}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
