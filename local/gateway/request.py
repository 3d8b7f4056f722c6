"""A request to an operation of the API, and the response of its integration."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError
from multidict import CIMultiDictProxy

from local.gateway import velocity
from local.gateway.definition import Operation
from local.gateway.gateway_responses import GatewayError
from local.gateway.services import ServiceResponse


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request to an operation. `context` is `$context` of the mapping templates."""

    operation: Operation
    headers: CIMultiDictProxy[str]
    query: str
    path_parameters: Mapping[str, str]
    body: bytes
    context: dict[str, Any]

    @property
    def media_type(self) -> str:
        """The media type of the body; without one it is JSON, as on API Gateway."""
        given = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return given or "application/json"

    @property
    def query_parameters(self) -> dict[str, list[str]]:
        return parse_qs(self.query, keep_blank_values=True)

    @property
    def parameters(self) -> velocity.Parameters:
        """The value of each parameter; the last one if there are several."""
        return {
            "path": self.path_parameters,
            "querystring": {name: values[-1] for name, values in self.query_parameters.items()},
            "header": dict(self.headers.items()),
        }

    def template(self) -> str | None:
        """Return the mapping template, or None to pass the body through. Raises GatewayError."""
        templates: Mapping[str, str] = self.operation.integration.get("requestTemplates", {})
        if self.media_type in templates:
            return templates[self.media_type]
        behavior = self.operation.integration.get("passthroughBehavior", "when_no_match").lower()
        if behavior == "never" or (behavior == "when_no_templates" and templates):
            raise GatewayError("UNSUPPORTED_MEDIA_TYPE")
        return None


async def response_of(request: Awaitable[ServiceResponse]) -> ServiceResponse:
    """Wait for a response. Raises the GatewayError that API Gateway has for a failure."""
    try:
        return await request
    except TimeoutError as error:
        raise GatewayError("INTEGRATION_TIMEOUT") from error
    except aiohttp.ClientError as error:
        raise GatewayError("INTEGRATION_FAILURE") from error
    except (BotoCoreError, ClientError) as error:  # the role cannot be assumed
        raise GatewayError("API_CONFIGURATION_ERROR") from error
