"""One request on its way through an operation, to what stands behind it."""

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
        """The mapping template for the body, or None to pass it through. Raises GatewayError."""
        templates: Mapping[str, str] = self.operation.integration.get("requestTemplates", {})
        if self.media_type in templates:
            return templates[self.media_type]
        behavior = self.operation.integration.get("passthroughBehavior", "when_no_match").lower()
        if behavior == "never" or (behavior == "when_no_templates" and templates):
            raise GatewayError("UNSUPPORTED_MEDIA_TYPE")
        return None


async def response_of(request: Awaitable[ServiceResponse]) -> ServiceResponse:
    """The answer to a request under way, or the GatewayError that stands for its failure."""
    try:
        return await request
    except TimeoutError as error:
        raise GatewayError("INTEGRATION_TIMEOUT") from error
    except aiohttp.ClientError as error:
        raise GatewayError("INTEGRATION_FAILURE") from error
    except (BotoCoreError, ClientError) as error:  # the role cannot be assumed
        raise GatewayError("API_CONFIGURATION_ERROR") from error
