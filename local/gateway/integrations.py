"""What stands behind an operation: an AWS service, a Lambda function, or nothing but a template."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

import aiohttp
from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError
from multidict import CIMultiDict, CIMultiDictProxy

from local.gateway import velocity
from local.gateway.definition import Operation
from local.gateway.refusals import Refusal
from local.gateway.services import Answer, Services

MAX_EVENT_BYTES = 6 * 1024 * 1024
"""What a function takes in one synchronous call (Lambda quotas)."""

_ARN = re.compile(
    r"arn:[\w-]+:apigateway:[\w-]+:(?P<service>[\w-]+):(?P<kind>path|action)/(?P<rest>.+)"
)
# Whether a response template can read the request's parameters AWS does not say, so it cannot.
_NOT_DOCUMENTED: velocity.Parameters = {"path": {}, "querystring": {}, "header": {}}
FUNCTION = re.compile(r"/functions/arn:[^/]+:function:(?P<name>[^/:]+)[^/]*/invocations$")


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through an operation. `context` is the template's `$context`."""

    operation: Operation
    headers: CIMultiDictProxy[str]
    query: str
    path_parameters: Mapping[str, str]
    body: bytes
    context: dict[str, Any]

    @property
    def media_type(self) -> str:
        """The body's media type; a body without one counts as JSON, as API Gateway has it."""
        given = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return given or "application/json"

    @property
    def query_parameters(self) -> dict[str, list[str]]:
        return parse_qs(self.query, keep_blank_values=True)

    @property
    def parameters(self) -> velocity.Parameters:
        """Each parameter's value, the last one where it was given more than once."""
        return {
            "path": self.path_parameters,
            "querystring": {name: values[-1] for name, values in self.query_parameters.items()},
            "header": dict(self.headers.items()),
        }

    def template(self) -> str | None:
        """The mapping template for the body, or None to pass it through. Raises Refusal."""
        templates: Mapping[str, str] = self.operation.integration.get("requestTemplates", {})
        if self.media_type in templates:
            return templates[self.media_type]
        behavior = self.operation.integration.get("passthroughBehavior", "when_no_match").lower()
        if behavior == "never" or (behavior == "when_no_templates" and templates):
            raise Refusal("UNSUPPORTED_MEDIA_TYPE")
        return None


async def call_service(call: Call, services: Services) -> web.Response:
    """Send the rendered request to an AWS service and map what it answers."""
    integration = call.operation.integration
    sent = _rendered(call)
    target = _ARN.fullmatch(integration["uri"])
    if target is None:
        raise Refusal("API_CONFIGURATION_ERROR")
    mapped = _mapped_request(call)
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
    answer = await _sent(
        services.post(
            target["service"],
            f"{path}?{urlencode(query)}" if query else path,
            sent.encode(),
            {"Content-Type": "application/json", **mapped["header"]},
            role=integration.get("credentials"),
        )
    )
    return _mapped_response(call, str(answer.status), answer)


def mock(call: Call) -> web.Response:
    """Answer out of the template alone, by the `statusCode` that it renders."""
    try:
        status = str(json.loads(_rendered(call))["statusCode"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal("API_CONFIGURATION_ERROR") from error
    return _mapped_response(call, status, Answer(int(status), {}, b""))


async def invoke(
    call: Call, functions: Services, binary_media_types: Sequence[str]
) -> web.Response:
    """Invoke the function with a REST proxy event and give back what it answers."""
    function = FUNCTION.search(call.operation.integration["uri"])
    if function is None:
        raise Refusal("API_CONFIGURATION_ERROR")
    event = json.dumps(proxy_event(call, binary_media_types)).encode()
    if len(event) > MAX_EVENT_BYTES:
        raise Refusal("REQUEST_TOO_LARGE")
    answer = await _sent(
        functions.post(
            "lambda",
            f"/2015-03-31/functions/{function['name']}/invocations",
            event,
            {"Content-Type": "application/json", "X-Amzn-Trace-Id": call.context["xrayTraceId"]},
        )
    )
    try:
        if answer.status != 200 or "X-Amz-Function-Error" in answer.headers:
            raise ValueError("the function failed")
        return _proxy_response(json.loads(answer.body), binary=bool(binary_media_types))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal("DEFAULT_5XX", status=502) from error


def proxy_event(call: Call, binary_media_types: Sequence[str]) -> dict[str, Any]:
    """The event of a REST API's Lambda proxy integration. Its paths are encoded as they came."""
    context = {
        name: value
        for name, value in call.context.items()
        if name not in ("xrayTraceId", "responseOverride", "error")
    }
    headers = CIMultiDict(call.headers)
    headers["X-Amzn-Trace-Id"] = call.context["xrayTraceId"]
    binary = not {call.media_type, "*/*"}.isdisjoint(binary_media_types)
    body = base64.b64encode(call.body) if binary else call.body
    return {
        "resource": call.operation.resource,
        "path": call.context["path"].removeprefix(f"/{call.context['stage']}"),
        "httpMethod": call.context["httpMethod"],
        "headers": dict(headers.items()) or None,
        "multiValueHeaders": {name: headers.getall(name) for name in headers} or None,
        "queryStringParameters": call.parameters["querystring"] or None,
        "multiValueQueryStringParameters": call.query_parameters or None,
        "pathParameters": dict(call.path_parameters) or None,
        "stageVariables": None,
        "requestContext": context,
        "body": body.decode(errors="replace") or None,
        "isBase64Encoded": binary,
    }


def _proxy_response(answer: dict[str, Any], *, binary: bool) -> web.Response:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in (answer.get("headers") or {}).items():
        headers[name] = str(value)
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers.popall(name, None)
        headers.extend((name, str(value)) for value in values)
    headers.popall("Content-Length", None)
    headers.setdefault("Content-Type", "application/json")
    body = str(answer.get("body") or "")
    # Without binary media types, API Gateway gives Base64 back as the text that it is.
    decoded = base64.b64decode(body) if binary and answer.get("isBase64Encoded") else body.encode()
    return web.Response(status=int(answer["statusCode"]), headers=headers, body=decoded)


async def _sent(request: Awaitable[Answer]) -> Answer:
    """The answer to a request under way, or the Refusal that stands for its failure."""
    try:
        return await request
    except TimeoutError as error:
        raise Refusal("INTEGRATION_TIMEOUT") from error
    except aiohttp.ClientError as error:
        raise Refusal("INTEGRATION_FAILURE") from error
    except (BotoCoreError, ClientError) as error:  # the role cannot be assumed
        raise Refusal("API_CONFIGURATION_ERROR") from error


def _rendered(call: Call) -> str:
    template = call.template()
    body = call.body.decode(errors="replace")
    if template is None:
        return body
    return velocity.render(template, body=body, context=call.context, parameters=call.parameters)


def _mapped_request(call: Call) -> dict[str, dict[str, str]]:
    """The integration request's parameters: `header`, `querystring` and `path`."""
    mapped: dict[str, dict[str, str]] = {"header": {}, "querystring": {}, "path": {}}
    for target, source in call.operation.integration.get("requestParameters", {}).items():
        place, _, name = target.removeprefix("integration.request.").partition(".")
        value = _value(source, call)
        if value is not None:
            mapped[place][name] = value
    return mapped


def _mapped_response(call: Call, status: str, answer: Answer) -> web.Response:
    responses = call.operation.integration.get("responses", {})
    patterns = [key for key in responses if key != "default" and re.fullmatch(key, status)]
    key = patterns[0] if patterns else "default"
    if key not in responses:
        raise Refusal("API_CONFIGURATION_ERROR")
    response = responses[key]
    templates = response.get("responseTemplates") or {}
    media_type = next(iter(templates), answer.headers.get("Content-Type", "application/json"))
    body = answer.body.decode(errors="replace")
    call.context["responseOverride"] = {"status": None, "header": {}}
    if templates.get(media_type):
        body = velocity.render(
            templates[media_type], body=body, context=call.context, parameters=_NOT_DOCUMENTED
        )
    headers = {"Content-Type": media_type}
    for target, source in response.get("responseParameters", {}).items():
        value = _value(source, call, answer)
        if value is not None:
            headers[target.removeprefix("method.response.header.")] = value
    override = call.context["responseOverride"]
    headers |= {name: str(value) for name, value in override["header"].items()}
    return web.Response(
        status=int(override["status"] or response["statusCode"]),
        headers=headers,
        body=body.encode(),
    )


def _value(source: str, call: Call, answer: Answer | None = None) -> str | None:
    """The value of a parameter mapping: `'static'`, or where in the call or answer it stands."""
    if source.startswith("'"):
        return source[1:-1]
    if source == "method.request.body":
        return call.body.decode(errors="replace")
    if source.startswith("context."):
        value: Any = call.context
        for name in source.split(".")[1:]:
            value = value.get(name) if isinstance(value, dict) else None
        return None if value is None else str(value)
    place, _, name = source.rpartition(".")
    if place == "method.request.header":
        return call.headers.get(name)
    if place == "integration.response.header":
        return answer.headers.get(name) if answer else None
    return call.parameters.get(place.removeprefix("method.request."), {}).get(name)
