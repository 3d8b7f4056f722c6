"""Handle a request to the API of a deployed stack."""

from __future__ import annotations

import logging
import time
import traceback
import zlib
from typing import Any

from aiohttp import web

from local.gateway import gateway_responses
from local.gateway.authorizers import Caller, authorizers, execute_api_arn
from local.gateway.context import request_context
from local.gateway.definition import ApiDefinition, Operation
from local.gateway.gateway_responses import GatewayError
from local.gateway.integrations import call_service, mock
from local.gateway.intrinsics import StackResolver
from local.gateway.lambda_proxy import invoke
from local.gateway.request import ApiRequest
from local.gateway.services import Services
from local.gateway.signed_requests import SignedRequests
from local.gateway.sigv4 import SentRequest

MAX_HEADER_BYTES = 10_240
"""The request line and all values of headers (API Gateway quotas)."""

MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway quotas, "Payload size"."""

# The parameter of zlib for each content coding.
_CODINGS = {"deflate": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS + 16}

_log = logging.getLogger("gateway")


class TokenBucket:
    """A limit of `rate` requests per second and bursts of `burst` requests."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._filled = time.monotonic()

    def take(self) -> bool:
        """Count one more request and return whether it is within the limit."""
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
        api: ApiDefinition,
        stack: StackResolver,
        services: Services,
        functions: Services,
    ) -> None:
        self._api = api
        self._stack = stack
        self._services = services
        self._functions = functions
        self._authorizers = authorizers(api, stack, services, functions)
        self._signed_requests = SignedRequests(services, stack.region)
        self._buckets: dict[tuple[str, str], TokenBucket] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request as API Gateway would; errors become the API's gateway responses."""
        context = request_context(request, self._stack, self._api.stage)
        try:
            response: web.StreamResponse = await self._answer(request, context)
        except GatewayError as error:
            response = self.refuse(error, context)
        except Exception as error:  # clients get the API's error format in every case
            # Without the error's text, which may contain what the client sent.
            frames = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s\n%s", type(error).__name__, frames)
            response = self.refuse(GatewayError("DEFAULT_5XX"), context)
        response.headers["x-amzn-RequestId"] = context["requestId"]
        return response

    async def _answer(self, request: web.Request, context: dict[str, Any]) -> web.StreamResponse:
        _check_headers(request)
        path = context["path"].removeprefix(f"/{self._api.stage}")
        route = self._api.route(request.method, path)
        if route is None:
            raise GatewayError("MISSING_AUTHENTICATION_TOKEN")
        operation, path_parameters = route
        context["resourcePath"] = operation.resource
        if not self._bucket(operation).take():
            raise GatewayError("THROTTLED")
        await self._authorize(operation, request, context)
        api_request = ApiRequest(
            operation=operation,
            headers=request.headers,
            query=request.raw_path.partition("?")[2],
            path_parameters=path_parameters,
            body=_decompressed(
                await _body(request), request.headers.get("Content-Encoding", "").strip().lower()
            ),
            context=context,
        )
        _check_parameters(api_request)
        match operation.integration["type"].lower():
            case "aws":
                api_request.template()  # refuses a wrong content type before the body is validated
                _check_body(api_request)
                return await call_service(api_request, self._services)
            case "mock":
                return mock(api_request)
            case "aws_proxy":
                _check_body(api_request)
                return await invoke(api_request, self._functions, self._api.binary_media_types)
        raise GatewayError("API_CONFIGURATION_ERROR")

    async def _authorize(
        self, operation: Operation, request: web.Request, context: dict[str, Any]
    ) -> None:
        """Add the caller to `$context`, if the operation requires one. Raises GatewayError."""
        if operation.security is None:
            return
        name, scopes = operation.security
        if name in self._authorizers:
            caller = Caller(request.headers, scopes, context)
            context["authorizer"] = await self._authorizers[name].authorize(caller)
        else:
            path, _, query = request.raw_path.partition("?")
            body = await _body(request)
            sent = SentRequest(request.method, path, query, request.headers, body)
            method_arn = execute_api_arn(self._stack.region, context)
            context["identity"] |= await self._signed_requests.identity(sent, method_arn)

    def _bucket(self, operation: Operation) -> TokenBucket:
        # The limits of a stage apply per method (API Gateway guide, "Throttle requests").
        key = operation.method, operation.resource
        return self._buckets.setdefault(key, TokenBucket(self._api.rate, self._api.burst))

    def refuse(self, error: GatewayError, context: dict[str, Any] | None = None) -> web.Response:
        """Answer with the gateway response for an error. `context` is `$context`."""
        return gateway_responses.render(error, self._api.gateway_responses, context or {})


def _check_headers(request: web.Request) -> None:
    size = len(f"{request.method} {request.raw_path} HTTP/1.1")
    size += sum(len(value) for _, value in request.raw_headers)
    if size > MAX_HEADER_BYTES:
        raise GatewayError("HEADERS_TOO_LARGE")


async def _body(request: web.Request) -> bytes:
    """Return the body as it was sent. Raises GatewayError."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise GatewayError("REQUEST_TOO_LARGE") from error
    except web.RequestPayloadError as error:
        raise GatewayError("BAD_REQUEST") from error


def _decompressed(body: bytes, coding: str) -> bytes:
    """Return what a body contains. Raises GatewayError.

    API Gateway guide, "Call an API method with a compressed payload": a body that is not compressed
    as its content coding says, and a coding that is not supported, are a 415.
    """
    if coding in ("", "identity"):
        return body
    try:
        reader = zlib.decompressobj(_CODINGS[coding])
        content = reader.decompress(body, MAX_BODY_BYTES + 1)
    except (KeyError, zlib.error) as error:
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE") from error
    if len(content) > MAX_BODY_BYTES:
        raise GatewayError("REQUEST_TOO_LARGE")
    if not reader.eof or reader.unused_data:
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE")
    return content


def _check_parameters(api_request: ApiRequest) -> None:
    sent = {**api_request.parameters, "header": api_request.headers}
    missing = [name for place, name in api_request.operation.required if name not in sent[place]]
    if missing:
        message = f"Missing required request parameters: [{', '.join(missing)}]"
        raise GatewayError("BAD_REQUEST_PARAMETERS", message=message)


def _check_body(api_request: ApiRequest) -> None:
    model = api_request.operation.model(api_request.media_type)
    if model is not None and (errors := model.validation_errors(api_request.body)):
        raise GatewayError("BAD_REQUEST_BODY", errors)
