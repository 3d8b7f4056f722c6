"""Gateway responses: what the API answers when a request does not reach an integration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

# Status and message of each type (API Gateway guide, "Gateway response types"). AWS documents no
# types and no status for requests that break HTTP or the limit of headers: these are of RFC 9110
# and RFC 6585.
_TYPES = {
    "ACCESS_DENIED": (403, "User is not authorized to access this resource"),
    "API_CONFIGURATION_ERROR": (500, "Internal server error"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "Internal server error"),
    "AUTHORIZER_FAILURE": (500, "Internal server error"),
    "BAD_REQUEST": (400, "Bad Request"),
    "BAD_REQUEST_BODY": (400, "Invalid request body"),
    "BAD_REQUEST_PARAMETERS": (400, "Missing required request parameters"),
    "DEFAULT_5XX": (500, "Internal server error"),
    "EXPECTATION_FAILED": (417, "Expectation Failed"),
    "EXPIRED_TOKEN": (403, "The security token included in the request is expired"),
    "HEADERS_TOO_LARGE": (431, "Request Header Fields Too Large"),
    "INTEGRATION_FAILURE": (504, "Network error communicating with endpoint"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out"),
    "INVALID_SIGNATURE": (403, "The request signature does not match the signature you provided."),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long"),
    "THROTTLED": (429, "Too Many Requests"),
    "UNAUTHORIZED": (401, "Unauthorized"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type"),
}

_VARIABLE = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")


class GatewayError(Exception):
    """API Gateway refuses a request. `validation_errors` are those of the request validator."""

    def __init__(
        self,
        response_type: str,
        validation_errors: list[str] | None = None,
        *,
        status: int | None = None,
        message: str | None = None,
    ) -> None:
        super().__init__(response_type)
        self.response_type = response_type
        self.validation_errors = validation_errors or []
        self.status = status or _TYPES[response_type][0]
        self.message = message or _TYPES[response_type][1]


def render(
    error: GatewayError, responses: Mapping[str, Mapping[str, Any]], context: dict[str, Any]
) -> web.Response:
    """Return the API's gateway response for an error, or the default response of its kind."""
    default = responses.get("DEFAULT_4XX" if error.status < 500 else "DEFAULT_5XX", {})
    own = responses.get(error.response_type, default)
    context["error"] = {
        "message": error.message,
        "messageString": f'"{error.message}"',
        "responseType": error.response_type,
        "validationErrorString": f"[{', '.join(error.validation_errors)}]",
    }
    template = own.get("responseTemplates", {}).get(
        "application/json", '{"message": $context.error.messageString}'
    )
    headers = {
        target.removeprefix("gatewayresponse.header."): source[1:-1]
        for target, source in own.get("responseParameters", {}).items()
        if source.startswith("'")
    }
    return web.Response(
        status=int(own.get("statusCode", error.status)),
        headers={**headers, "Content-Type": "application/json"},
        body=_VARIABLE.sub(lambda variable: _text(variable[1], context), template).encode(),
    )


def _text(name: str, context: Mapping[str, Any]) -> str:
    """Return the value of a variable without escaping (API Gateway guide, "Gateway responses")."""
    value: Any = context
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return "" if value is None else str(value)
