"""The web client as its distribution serves it: static files, and headers that let no script in."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web


class WebClient:
    """The files of a folder, for a stack at `endpoint` that has search or not."""

    def __init__(self, folder: Path, endpoint: str, *, search: bool) -> None:
        self._folder = folder.resolve()
        self._search = search
        self.headers = _headers(endpoint)

    def file(self, path: str) -> web.FileResponse | None:
        """The file at this path, if there is one in the folder."""
        try:
            file = (self._folder / path).resolve()
            if not (file.is_relative_to(self._folder) and file.is_file()):
                return None
        except ValueError:  # a NUL is in no file's name
            return None
        return web.FileResponse(file, headers=self.headers)

    def config(self) -> web.Response:
        """What `make web` writes on AWS. Here the API answers at the client's own address."""
        config = {
            "apiUrl": "",
            "search": self._search,
            "notificationsUrl": "/_local/notifications.json",
        }
        return web.json_response(config, headers=self.headers)


def _headers(endpoint: str) -> dict[str, str]:
    # Pictures and their uploads go to the buckets themselves, events come by a WebSocket.
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
