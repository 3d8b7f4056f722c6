"""The API of a deployed stack, from a request to the answer."""

from __future__ import annotations

import logging
import time
import traceback
from typing import Any

from aiohttp import web

from local.gateway import refusals
from local.gateway.authorizers import Caller, authorizers
from local.gateway.calls import Call
from local.gateway.context import request_context
from local.gateway.definition import Definition, Operation
from local.gateway.integrations import call_service, mock
from local.gateway.proxy import invoke
from local.gateway.refusals import Refusal
from local.gateway.services import Services
from local.gateway.stack import Stack

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
        context = request_context(request, self._stack, self._api.stage)
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


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Refusal("REQUEST_TOO_LARGE") from error


def _check_parameters(call: Call) -> None:
    given = {**call.parameters, "header": call.headers}
    missing = [name for place, name in call.operation.required if name not in given[place]]
    if missing:
        message = f"Missing required request parameters: [{', '.join(missing)}]"
        raise Refusal("BAD_REQUEST_PARAMETERS", message=message)


def _check_body(call: Call) -> None:
    model = call.operation.model(call.media_type)
    if model is not None and (faults := model.faults(call.body)):
        raise Refusal("BAD_REQUEST_BODY", faults)
