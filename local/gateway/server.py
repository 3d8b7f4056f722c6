"""The HTTP server of the gateway. It answers what is not valid HTTP with the API's own errors."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from local.gateway import gateway_responses
from local.gateway.gateway_responses import GatewayError

type GatewayResponses = Mapping[str, Mapping[str, Any]]

GATEWAY_RESPONSES = web.AppKey[GatewayResponses]("gateway responses")

MAX_LINE_BYTES = 1024 * 1024
"""Far more than API Gateway's limit. This server would close the connection, with data unread, and
so the client would not get the response."""

_log = logging.getLogger("gateway")


class Server(web.AppRunner):
    """The server of an application with GATEWAY_RESPONSES. aiohttp's own answers in plain text."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            responses=self.app[GATEWAY_RESPONSES],
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_LINE_BYTES,
            auto_decompress=False,  # the gateway does, as API Gateway does
            access_log=None,
        )


async def serve(app: web.Application, port: int) -> None:
    """Serve an application on this port of 127.0.0.1, until the task is cancelled."""
    server = Server(app, handle_signals=True)
    await server.setup()
    try:
        await web.TCPSite(server, "127.0.0.1", port).start()
        await asyncio.Event().wait()
    finally:
        await server.cleanup()


class _Server(web.Server):
    def __init__(self, *args: Any, responses: GatewayResponses, **options: Any) -> None:
        super().__init__(*args, **options)
        self._responses = responses

    def __call__(self) -> RequestHandler:
        return _Connection(self, self._responses, loop=asyncio.get_running_loop(), **self._kwargs)


class _Connection(RequestHandler):
    __slots__ = ("_responses",)

    def __init__(self, server: _Server, responses: GatewayResponses, **options: Any) -> None:
        super().__init__(server, **options)
        self._responses = responses

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # it quotes the request
    ) -> web.StreamResponse:
        """Answer a request that cannot be parsed, or an unexpected error. Closes the connection."""
        frames = "".join(traceback.format_tb(exc.__traceback__)) if status >= 500 and exc else ""
        _log.error("%d %s\n%s", status, type(exc).__name__, frames)
        if request.writer.output_size:
            raise ConnectionError("a part of the response is sent already")
        kind = "BAD_REQUEST" if status < 500 else "DEFAULT_5XX"
        response = gateway_responses.render(GatewayError(kind, status=status), self._responses, {})
        response.force_close()
        return response
