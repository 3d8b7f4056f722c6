"""Which requests the gateway answers: no unknown host names, no foreign web pages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web

from local.gateway import html
from local.origins import is_from_foreign_page, is_own_host


class Browsers:
    """Refuses requests of pages of other origins than the gateway's own and those given."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = origins

    @web.middleware
    async def serve(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Answer a request of this stack, and refuse all others."""
        host = request.headers.get("Host", "")
        if not is_own_host(host):
            return _refused("the host name is not one of this stack")
        headers = {name.lower(): value for name, value in request.headers.items()}
        allowed = {*self._origins, f"http://{host}"}
        if is_from_foreign_page(headers, allowed) and not _is_link(request):
            return _refused("only pages of this stack may call this")
        response: web.StreamResponse = await handler(request)
        return response


def _is_link(request: web.Request) -> bool:
    """Return whether the response is a page of its own, which the linking page cannot read."""
    sent = [request.headers.get(f"Sec-Fetch-{name}") for name in ("Mode", "Dest")]
    return request.method == "GET" and sent == ["navigate", "document"]


def _refused(message: str) -> web.Response:
    fields = {"message": message, "details": []}
    return web.json_response(fields, status=403, headers=html.SECURITY_HEADERS)
