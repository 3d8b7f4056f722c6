"""Integrations with mapping templates: AWS services, and mocks."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from local.gateway import query_api, velocity
from local.gateway.gateway_responses import GatewayError
from local.gateway.request import ApiRequest, response_of
from local.gateway.services import ServiceResponse, Services

_ARN = re.compile(
    r"arn:[\w-]+:apigateway:[\w-]+:(?P<service>[\w-]+):(?P<kind>path|action)/(?P<rest>.+)"
)
_ACCEPTED = "application/json"  # unless the integration sets another Accept header
# AWS does not document whether response templates see the request's parameters: here, they do not.
_NOT_DOCUMENTED: velocity.Parameters = {"path": {}, "querystring": {}, "header": {}}


async def call_service(request: ApiRequest, services: Services) -> web.Response:
    """Send the rendered request to an AWS service, and map the response."""
    integration = request.operation.integration
    body = _rendered(request)
    target = _ARN.fullmatch(integration["uri"])
    if target is None:
        raise GatewayError("API_CONFIGURATION_ERROR")
    mapped = _mapped_request(request)
    query = dict(mapped["querystring"])
    path = "/"
    if target["kind"] == "path":
        path += re.sub(
            r"\{(\w+)\}",
            lambda found: quote(mapped["path"].get(found[1], ""), safe="%"),
            target["rest"],
        )
    else:
        query["Action"] = target["rest"]
    response = await response_of(
        services.post(
            target["service"],
            f"{path}?{urlencode(query)}" if query else path,
            body.encode(),
            {"Content-Type": "application/json", "Accept": _ACCEPTED, **mapped["header"]},
            role=integration.get("credentials"),
        )
    )
    if mapped["header"].get("Accept", _ACCEPTED) == _ACCEPTED:
        response = query_api.as_json(response)
    return _mapped_response(request, str(response.status), response)


def mock(request: ApiRequest) -> web.Response:
    """Answer with the `statusCode` that the request template renders."""
    try:
        status = str(json.loads(_rendered(request))["statusCode"])
    except (ValueError, KeyError, TypeError) as error:
        raise GatewayError("API_CONFIGURATION_ERROR") from error
    return _mapped_response(request, status, ServiceResponse(int(status), {}, b""))


def _rendered(request: ApiRequest) -> str:
    template = request.template()
    body = request.body.decode(errors="replace")
    if template is None:
        return body
    return velocity.render(
        template, body=body, context=request.context, parameters=request.parameters
    )


def _mapped_request(request: ApiRequest) -> dict[str, dict[str, str]]:
    """Return the parameters of the integration request: `header`, `querystring` and `path`."""
    mapped: dict[str, dict[str, str]] = {"header": {}, "querystring": {}, "path": {}}
    for target, source in request.operation.integration.get("requestParameters", {}).items():
        place, _, name = target.removeprefix("integration.request.").partition(".")
        value = _value(source, request)
        if value is not None:
            mapped[place][name] = value
    return mapped


def _mapped_response(request: ApiRequest, status: str, response: ServiceResponse) -> web.Response:
    responses = request.operation.integration.get("responses", {})
    patterns = [key for key in responses if key != "default" and re.fullmatch(key, status)]
    key = patterns[0] if patterns else "default"
    if key not in responses:
        raise GatewayError("API_CONFIGURATION_ERROR")
    mapping = responses[key]
    templates = mapping.get("responseTemplates") or {}
    media_type = next(iter(templates), response.headers.get("Content-Type", "application/json"))
    body = response.body.decode(errors="replace")
    request.context["responseOverride"] = {"status": None, "header": {}}
    if templates.get(media_type):
        body = velocity.render(
            templates[media_type], body=body, context=request.context, parameters=_NOT_DOCUMENTED
        )
    headers = {"Content-Type": media_type}
    for target, source in mapping.get("responseParameters", {}).items():
        value = _value(source, request, response)
        if value is not None:
            headers[target.removeprefix("method.response.header.")] = value
    override = request.context["responseOverride"]
    headers |= {name: str(value) for name, value in override["header"].items()}
    return web.Response(
        status=int(override["status"] or mapping["statusCode"]),
        headers=headers,
        body=body.encode(),
    )


def _value(source: str, request: ApiRequest, response: ServiceResponse | None = None) -> str | None:
    """Return the value of a parameter mapping: a `'static'` value, or a part of the exchange."""
    if source.startswith("'"):
        return source[1:-1]
    if source == "method.request.body":
        return request.body.decode(errors="replace")
    if source.startswith("context."):
        value: Any = request.context
        for name in source.split(".")[1:]:
            value = value.get(name) if isinstance(value, dict) else None
        return None if value is None else str(value)
    place, _, name = source.rpartition(".")
    if place == "method.request.header":
        return request.headers.get(name)
    if place == "integration.response.header":
        return response.headers.get(name) if response else None
    return request.parameters.get(place.removeprefix("method.request."), {}).get(name)
