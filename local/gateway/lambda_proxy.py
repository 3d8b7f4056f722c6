"""Lambda proxy integrations."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from local.gateway.gateway_responses import GatewayError
from local.gateway.request import ApiRequest, response_of
from local.gateway.services import Services

MAX_EVENT_BYTES = 6 * 1024 * 1024
"""The limit of a synchronous invocation (Lambda quotas)."""

FUNCTION = re.compile(r"/functions/arn:[^/]+:function:(?P<name>[^/]+)/invocations$")
"""With the alias, as in `storefront-OrdersFunction-1:live`."""


async def invoke(
    request: ApiRequest, functions: Services, binary_media_types: Sequence[str]
) -> web.Response:
    """Invoke the function with a proxy event, and return its response."""
    function = FUNCTION.search(request.operation.integration["uri"])
    if function is None:
        raise GatewayError("API_CONFIGURATION_ERROR")
    event = json.dumps(proxy_event(request, binary_media_types)).encode()
    if len(event) > MAX_EVENT_BYTES:
        raise GatewayError("REQUEST_TOO_LARGE")
    response = await response_of(
        functions.post(
            "lambda",
            f"/2015-03-31/functions/{function['name']}/invocations",
            event,
            {"Content-Type": "application/json", "X-Amzn-Trace-Id": request.context["xrayTraceId"]},
        )
    )
    try:
        if response.status != 200 or "X-Amz-Function-Error" in response.headers:
            raise ValueError("the function failed")
        return _proxy_response(json.loads(response.body), binary=bool(binary_media_types))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GatewayError("DEFAULT_5XX", status=502) from error


def proxy_event(request: ApiRequest, binary_media_types: Sequence[str]) -> dict[str, Any]:
    """Return the event of a REST API's Lambda proxy integration. Its paths are not decoded."""
    context = {
        name: value
        for name, value in request.context.items()
        if name not in ("xrayTraceId", "responseOverride", "error")
    }
    headers = CIMultiDict(request.headers)
    headers["X-Amzn-Trace-Id"] = request.context["xrayTraceId"]
    binary = not {request.media_type, "*/*"}.isdisjoint(binary_media_types)
    body = base64.b64encode(request.body) if binary else request.body
    return {
        "resource": request.operation.resource,
        "path": request.context["path"].removeprefix(f"/{request.context['stage']}"),
        "httpMethod": request.context["httpMethod"],
        "headers": dict(headers.items()) or None,
        "multiValueHeaders": {name: headers.getall(name) for name in headers} or None,
        "queryStringParameters": request.parameters["querystring"] or None,
        "multiValueQueryStringParameters": request.query_parameters or None,
        "pathParameters": dict(request.path_parameters) or None,
        "stageVariables": None,
        "requestContext": context,
        "body": body.decode(errors="replace") or None,
        "isBase64Encoded": binary,
    }


def _proxy_response(response: dict[str, Any], *, binary: bool) -> web.Response:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in (response.get("headers") or {}).items():
        headers[name] = str(value)
    for name, values in (response.get("multiValueHeaders") or {}).items():
        headers.popall(name, None)
        headers.extend((name, str(value)) for value in values)
    headers.popall("Content-Length", None)
    headers.setdefault("Content-Type", "application/json")
    body = str(response.get("body") or "")
    # Without binary media types, API Gateway does not decode Base64.
    decoded = (
        base64.b64decode(body) if binary and response.get("isBase64Encoded") else body.encode()
    )
    return web.Response(status=int(response["statusCode"]), headers=headers, body=decoded)
