"""Serve the web client as CloudFront does: static files, compressed, with security headers."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiohttp import web

from local.gateway.intrinsics import StackResolver
from project.web_client import PAGE, served_files, settings

# CloudFront guide, "Serve compressed files": it compresses these types from 1,000 bytes on.
_COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg+xml")
_SMALLEST = 1000


class WebClient:
    """The files of a folder, with these settings, for the services at `endpoint`."""

    def __init__(self, folder: Path, endpoint: str, settings: Mapping[str, object]) -> None:
        self._folder = folder
        self._settings = settings
        self._read: tuple[object, dict[str, bytes]] = (None, {})
        self.headers = _headers(endpoint)

    @web.middleware
    async def serve(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Answer requests for the client's files, and leave all others to the handler."""
        path = request.path.removeprefix("/") or PAGE
        if request.method == "GET" and "." in path:  # no route of the API has a point
            content = self._files().get(path)
            if content is not None:
                return self._answer(request, path, content)
        response: web.StreamResponse = await handler(request)
        return response

    def _files(self) -> dict[str, bytes]:
        """Return the files as they are now. They are read again if one of them has changed."""
        found = [each for each in sorted(self._folder.rglob("*")) if each.is_file()]
        state = [
            (each, status.st_mtime_ns, status.st_size) for each in found if (status := each.stat())
        ]
        if state != self._read[0]:
            self._read = state, served_files(self._folder, self._settings)
        return self._read[1]

    def _answer(self, request: web.Request, path: str, content: bytes) -> web.Response:
        content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        etag = hashlib.sha256(content).hexdigest()
        headers = {**self.headers, "ETag": f'"{etag}"', "Vary": "Accept-Encoding"}
        if any(each.value == etag for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        is_text = content_type.startswith(_COMPRESSED) and len(content) >= _SMALLEST
        if is_text and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            content = _compressed(content)
        return web.Response(body=content, headers={**headers, "Content-Type": content_type})


def local_settings(stack: StackResolver) -> dict[str, str | bool | int]:
    """Return the settings of the client of a local stack. The API has the origin of its pages."""
    shared = settings(
        "",
        search=stack.resolve({"Ref": "Search"}) != "none",
        scopes=stack.parameters.get("ApiAuthorizer") == "CognitoScopes",
        password_length=int(stack.resolve({"Ref": "PasswordMinimumLength"})),
    )
    return {**shared, "developer": True, "notificationsUrl": "/_local/notifications.json"}


@lru_cache(maxsize=256)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _headers(endpoint: str) -> dict[str, str]:
    # Browsers load and upload pictures at S3, and receive events over a WebSocket.
    live = endpoint.replace("http", "ws", 1)
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' blob: {endpoint}",
        "connect-src": f"'self' {endpoint} {live}",
        "worker-src": "'self'",
        "manifest-src": "'self'",
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
