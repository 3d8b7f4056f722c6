"""The front door of the laptop edition: the template's API, served as API Gateway serves it.

    python -m local.gateway --outputs .local/outputs.json --port 3000

Routes, models, mapping templates, responses and limits are read out of the template; the
services and functions behind them run on the emulator.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import secrets
import time
import traceback
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import boto3
from aiohttp import web

from local.gateway import pages, refusals
from local.gateway.authorizers import Caller, authorizers
from local.gateway.client import Client
from local.gateway.definition import Definition, Operation, Stack
from local.gateway.integrations import Call, call_service, invoke, mock
from local.gateway.notifications import Notification, Notifications, sent_codes
from local.gateway.refusals import Refusal
from local.gateway.services import Services
from local.template import ROOT

MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway quotas, "Payload size"."""

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TRACE_ROOT = re.compile("Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(;|$)")

_log = logging.getLogger("gateway")


class Bucket:
    """A token bucket: `rate` requests a second, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._filled = time.monotonic()

    def take(self) -> bool:
        """Whether one more request is within the limits."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Gateway:
    """The API of one deployed stack."""

    def __init__(
        self,
        api: Definition,
        stack: Stack,
        services: Services,
        functions: Services,
    ) -> None:
        self._api = api
        self._stack = stack
        self._services = services
        self._functions = functions
        self._authorizers = authorizers(api, stack, services, functions)
        self._buckets: dict[tuple[str, str], Bucket] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request as API Gateway would, a refusal by the API's gateway responses."""
        context = self._context(request)
        try:
            response: web.StreamResponse = await self._answer(request, context)
        except Refusal as refusal:
            response = self._refused(refusal, context)
        except Exception as error:  # a client gets our shape, whatever happens
            # Without the error's text: it may quote what the client sent.
            frames = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s\n%s", type(error).__name__, frames)
            response = self._refused(Refusal("DEFAULT_5XX"), context)
        response.headers["x-amzn-RequestId"] = context["requestId"]
        return response

    async def _answer(self, request: web.Request, context: dict[str, Any]) -> web.StreamResponse:
        path = context["path"].removeprefix(f"/{self._api.stage}")
        route = self._api.route(request.method, path)
        if route is None:
            raise Refusal("MISSING_AUTHENTICATION_TOKEN")
        operation, path_parameters = route
        context["resourcePath"] = operation.resource
        if not self._bucket(operation).take():
            raise Refusal("THROTTLED")
        if operation.security is not None:
            name, scopes = operation.security
            caller = Caller(request.headers, scopes, context)
            context["authorizer"] = await self._authorizers[name].authorize(caller)
        call = Call(
            operation=operation,
            headers=request.headers,
            query=request.raw_path.partition("?")[2],
            path_parameters=path_parameters,
            body=await _body(request),
            context=context,
        )
        _check_parameters(call)
        match operation.integration["type"].lower():
            case "aws":
                call.template()  # a wrong content type is refused before the body is looked at
                _check_body(call)
                return await call_service(call, self._services)
            case "mock":
                return mock(call)
            case "aws_proxy":
                _check_body(call)
                return await invoke(call, self._functions, self._api.binary_media_types)
        raise Refusal("API_CONFIGURATION_ERROR")

    def _bucket(self, operation: Operation) -> Bucket:
        # A stage's limits hold for each of its methods (API Gateway guide, "Throttle requests").
        key = operation.method, operation.resource
        return self._buckets.setdefault(key, Bucket(self._api.rate, self._api.burst))

    def _refused(self, refusal: Refusal, context: dict[str, Any]) -> web.Response:
        return refusals.response(refusal, self._api.gateway_responses, context)

    def _context(self, request: web.Request) -> dict[str, Any]:
        """`$context`, and for functions `requestContext`."""
        now = datetime.now(UTC)
        path = request.raw_path.partition("?")[0]
        stage = f"/{self._api.stage}"
        asked = request.headers.get("x-amzn-RequestId", "")
        traced = _TRACE_ROOT.search(request.headers.get("X-Amzn-Trace-Id", ""))
        fresh = f"1-{int(now.timestamp()):08x}-{secrets.token_hex(12)}"
        return {
            "accountId": self._stack.account,
            "apiId": next(
                self._stack.ids.get(each, "")
                for each in self._stack.resources("AWS::ApiGateway::RestApi")
            ),
            "domainName": request.host,
            "extendedRequestId": secrets.token_urlsafe(11) + "=",
            "httpMethod": request.method,
            "identity": {
                "sourceIp": request.remote or "",
                "userAgent": request.headers.get("User-Agent", ""),
            },
            # The stage is part of the address here or not, as on AWS with a domain of one's own.
            "path": path if path.startswith(f"{stage}/") else stage + path,
            "protocol": "HTTP/1.1",
            "requestId": asked.lower() if _UUID.fullmatch(asked) else str(uuid.uuid4()),
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "stage": self._api.stage,
            "xrayTraceId": traced[1] if traced else fresh,
        }


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Refusal("REQUEST_TOO_LARGE") from error


def _check_parameters(call: Call) -> None:
    given = {**call.parameters, "header": call.headers}
    missing = [name for place, name in call.operation.required if name not in given[place]]
    if missing:
        raise Refusal("BAD_REQUEST_PARAMETERS", [f"{name}: missing" for name in missing])


def _check_body(call: Call) -> None:
    model = call.operation.model(call.media_type)
    if model is not None and (faults := model.faults(call.body)):
        raise Refusal("BAD_REQUEST_BODY", faults)


@web.middleware
async def _logged(request: web.Request, handler: Any) -> web.StreamResponse:
    """One line a request; nothing of what was sent but the path."""
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
    stack: Stack,
    endpoint: str,
    lambda_url: str | None = None,
    notifications_queue_url: str | None = None,
    web_folder: Path = ROOT / "web",
) -> web.Application:
    """The gateway of a stack whose services answer at `endpoint`.

    `lambda_url` is another address that invokes functions, such as `sam local start-lambda`,
    which knows them by their logical ids.
    """
    app = web.Application(middlewares=[_logged], client_max_size=MAX_BODY_BYTES)
    if lambda_url:
        logical_ids = {each: each for each in stack.resources("AWS::Lambda::Function")}
        stack = replace(stack, ids={**stack.ids, **logical_ids})
    api = Definition.of(stack)
    notifications = Notifications()
    client = Client(web_folder, endpoint)

    async def running(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(auto_decompress=False) as http:
            services = Services(endpoint, stack.region, http)
            functions = Services(lambda_url or endpoint, stack.region, http)
            app[_SERVICES] = services
            app[_GATEWAY] = Gateway(api, stack, services, functions)
            draining = None
            if notifications_queue_url:
                draining = asyncio.create_task(
                    notifications.drain(notifications_queue_url, services)
                )
            yield
            if draining:
                draining.cancel()
                await asyncio.gather(draining, return_exceptions=True)

    async def newest_mail() -> list[Notification]:
        mail = [*notifications, *await sent_codes(app[_SERVICES])]
        return sorted(mail, key=lambda each: each.time, reverse=True)

    async def show_notifications(_: web.Request) -> web.Response:
        return _html(pages.notifications_page(await newest_mail()))

    async def list_notifications(_: web.Request) -> web.Response:
        fields = [
            {"subject": each.subject, "text": each.text, "time": each.time}
            for each in await newest_mail()
        ]
        return web.json_response({"notifications": fields}, headers=pages.SECURITY_HEADERS)

    async def report_health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "stack": stack.name})

    async def show_front_page(_: web.Request) -> web.StreamResponse:
        return client.file("index.html") or _html(pages.front_page(api.operations))

    async def show_config(_: web.Request) -> web.Response:
        return client.config()

    async def serve(request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and (file := client.file(request.match_info["path"])):
            return file
        return await app[_GATEWAY].serve(request)

    app.cleanup_ctx.append(running)
    app.router.add_get("/", show_front_page)
    app.router.add_get("/config.json", show_config)
    app.router.add_get("/_local/notifications", show_notifications)
    app.router.add_get("/_local/notifications.json", list_notifications)
    app.router.add_get("/_local/health", report_health)
    app.router.add_route("*", "/{path:(?s:.*)}", serve)
    return app


def _html(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html", headers=pages.SECURITY_HEADERS)


def main() -> None:
    """Serve the stack that an outputs file describes, until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local.gateway", description=__doc__)
    parser.add_argument("--outputs", type=Path, default=ROOT / ".local" / "outputs.json")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--lambda-url", help="where sam local start-lambda listens")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # it quotes what clients send

    outputs = json.loads(arguments.outputs.read_text())
    cloudformation = boto3.client(
        "cloudformation",
        endpoint_url=outputs["Endpoint"],
        region_name=outputs["Region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's root user
    )
    app = make_app(
        stack=Stack.deployed(outputs["Stack"], outputs["Region"], cloudformation),
        endpoint=outputs["Endpoint"],
        lambda_url=arguments.lambda_url,
        notifications_queue_url=outputs.get("NotificationsQueueUrl"),
    )
    web.run_app(app, host="127.0.0.1", port=arguments.port, access_log=None)
