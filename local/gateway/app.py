"""The gateway as a web application: the API, the web client, and pages of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from local.emulator_clients import Outputs
from local.gateway import html, reference
from local.gateway.api import MAX_BODY_BYTES, Gateway
from local.gateway.browsers import Browsers
from local.gateway.contract import Checked
from local.gateway.definition import ApiDefinition
from local.gateway.gateway_responses import GatewayError
from local.gateway.intrinsics import StackResolver
from local.gateway.notifications import Notification, Notifications, emails_to_users
from local.gateway.page_reload import PageReload
from local.gateway.server import GATEWAY_RESPONSES
from local.gateway.services import Services
from local.gateway.web_client import WebClient, local_settings
from project.template import ROOT, aliased

ORIGINS_PATH = "/_local/origins"
"""Where the emulator learns the origins of the pages that it answers."""

_log = logging.getLogger("gateway")


@web.middleware
async def _logged(request: web.Request, handler: Any) -> web.StreamResponse:
    """Log one line per request, with its path but without its query, headers and body."""
    start = time.perf_counter()
    response: web.StreamResponse = await handler(request)
    path = request.raw_path.partition("?")[0]
    took = (time.perf_counter() - start) * 1000
    _log.info("%s %s %d %.0f ms", request.method, ascii(path)[1:-1], response.status, took)
    return response


_GATEWAY = web.AppKey("gateway", Gateway)
_SERVICES = web.AppKey("services", Services)


def make_app(
    *,
    stack: StackResolver,
    outputs: Outputs,
    lambda_url: str | None = None,
    notifications_queue_url: str | None = None,
    secret: str = "",
    stack_id: str = "",
    origins: Collection[str] = (),
    web_folder: Path = ROOT / "web",
    is_watched: Callable[[], bool] = lambda: False,
) -> web.Application:
    """Return the gateway for a stack with these outputs.

    `lambda_url` is another address to invoke functions at, such as that of `sam local
    start-lambda`, where their names are their logical ids. `secret` is what the emulator knows the
    gateway by, `stack_id` proves whose gateway answers, and `origins` are those of the gateway's
    pages. `is_watched` says whether `make watch` runs.
    """
    if lambda_url:
        stack = replace(stack, ids={**stack.ids, **_without_aliases(stack)})
    api = ApiDefinition.of(stack)
    checked = Checked.asked_for(api, outputs)
    notifications = Notifications()
    origins = [*origins, stack.parameters.get("AllowedOrigin", "*")]
    guard = Browsers(origins)
    app = web.Application(middlewares=[_logged, guard.serve], client_max_size=MAX_BODY_BYTES)
    app[GATEWAY_RESPONSES] = api.gateway_responses
    client = WebClient(web_folder, outputs["Endpoint"], local_settings(stack))
    PageReload(web_folder, client.headers, is_watched).add_to(app)
    app.middlewares.append(client.serve)

    async def run(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(auto_decompress=False) as http:
            services = Services(outputs, stack.region, http, secret)
            invoked = outputs | {"Endpoint": lambda_url} if lambda_url else outputs
            functions = Services(invoked, stack.region, http)
            if secret:
                await services.ask(ORIGINS_PATH, origins)
            app[_SERVICES] = services
            app[_GATEWAY] = Gateway(api, stack, services, functions)
            receiving = None
            if notifications_queue_url:
                receiving = asyncio.create_task(
                    notifications.receive(notifications_queue_url, services)
                )
            yield
            if receiving:
                receiving.cancel()
                await asyncio.gather(receiving, return_exceptions=True)

    async def newest_emails() -> list[Notification]:
        emails = [*notifications, *await emails_to_users(app[_SERVICES])]
        return sorted(emails, key=lambda each: each.time, reverse=True)

    async def show_notifications(_: web.Request) -> web.Response:
        return _page(html.notifications_page(await newest_emails()))

    async def list_notifications(_: web.Request) -> web.Response:
        fields = [
            {"subject": each.subject, "text": each.text, "time": each.time}
            for each in await newest_emails()
        ]
        return web.json_response({"notifications": fields}, headers=html.SECURITY_HEADERS)

    async def report_health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "stack": stack.name, "id": stack_id})

    async def show_front_page(_: web.Request) -> web.Response:
        return _page(html.front_page(api.operations))

    async def serve(request: web.Request) -> web.StreamResponse:
        response = await app[_GATEWAY].serve(request)
        if checked:
            await checked.check(request, response)
        return response

    async def expect(request: web.Request) -> web.StreamResponse | None:
        """Let a client that asks first send its body. Refuse any other expectation."""
        if request.headers["Expect"].lower() != "100-continue":
            return app[_GATEWAY].refuse(GatewayError("EXPECTATION_FAILED"))
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the response itself has not begun
        return None

    app.cleanup_ctx.append(run)
    app.router.add_get("/", show_front_page)
    app.router.add_get("/_local/notifications", show_notifications)
    app.router.add_get("/_local/notifications.json", list_notifications)
    app.router.add_get("/_local/health", report_health)
    app.router.add_get(reference.PAGE, reference.show)
    app.router.add_get(reference.SCRIPT, reference.show_script)
    app.router.add_route("*", "/{path:(?s:.*)}", serve, expect_handler=expect)
    return app


def _without_aliases(stack: StackResolver) -> dict[str, str]:
    """The ids of the functions for `sam local start-lambda`, which has no aliases."""
    prefix = f"arn:aws:lambda:{stack.region}:{stack.account}:function:"
    aliases = {each: prefix + aliased(each) for each in stack.resources("AWS::Lambda::Alias")}
    return aliases | {each: each for each in stack.resources("AWS::Lambda::Function")}


def _page(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html", headers=html.SECURITY_HEADERS)
