"""The API that the template defines, with the values of a deployed stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from local.gateway.intrinsics import StackResolver
from local.gateway.models import Model


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one resource.

    `security` is the authorizer's name and the required scopes. `required` lists required
    parameters by place (`path`, `querystring` or `header`) and name.
    """

    method: str
    resource: str
    integration: Mapping[str, Any]
    security: tuple[str, Sequence[str]] | None
    models: Mapping[str, Model]
    required: Sequence[tuple[str, str]]

    def model(self, content_type: str) -> Model | None:
        """Return the model for bodies of this content type."""
        return self.models.get(content_type, self.models.get("$default"))


@dataclass(frozen=True, slots=True)
class ApiDefinition:
    """The operations of the API, its authorizers, gateway responses and limits."""

    stage: str
    operations: Sequence[Operation]
    authorizers: Mapping[str, Mapping[str, Any]]
    gateway_responses: Mapping[str, Mapping[str, Any]]
    binary_media_types: Sequence[str]
    rate: float
    burst: float

    @classmethod
    def of(cls, stack: StackResolver) -> Self:
        """Return the definition of the stack's API. Raises LookupError if it cannot be resolved."""
        [api] = stack.resources("AWS::ApiGateway::RestApi").values()
        [stage] = stack.resources("AWS::ApiGateway::Stage").values()
        body = stack.resolve(api["Body"])
        [limits] = [
            stack.resolve(each)
            for each in stage["MethodSettings"]
            if (each["ResourcePath"], each["HttpMethod"]) == ("/*", "*")
        ]
        return cls(
            stage=stage["StageName"],
            operations=[
                _operation(body, resource, method, operation)
                for resource, methods in body["paths"].items()
                for method, operation in methods.items()
                if "x-amazon-apigateway-integration" in operation
            ],
            authorizers=body.get("components", {}).get("securitySchemes", {}),
            gateway_responses=body.get("x-amazon-apigateway-gateway-responses", {}),
            binary_media_types=body.get("x-amazon-apigateway-binary-media-types", []),
            rate=float(limits["ThrottlingRateLimit"]),
            burst=float(limits["ThrottlingBurstLimit"]),
        )

    def route(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation for a path, and the path's parameters without decoding them.

        A slash at the end is ignored.
        """
        # A literal segment has priority over a parameter, a parameter over a greedy one.
        found = [
            ([segment.startswith("{") + segment.endswith("+}") for segment in parts], each, values)
            for each in self.operations
            if each.method in (method, "ANY")
            for parts in [each.resource.split("/")]
            if (values := _parameters(parts, path.removesuffix("/").split("/"))) is not None
        ]
        return min(found, key=lambda match: match[0])[1:] if found else None


def _operation(
    body: Mapping[str, Any], resource: str, method: str, operation: Mapping[str, Any]
) -> Operation:
    name = operation.get(
        "x-amazon-apigateway-request-validator", body.get("x-amazon-apigateway-request-validator")
    )
    validates = body.get("x-amazon-apigateway-request-validators", {}).get(name, {})
    models = (
        operation.get("requestBody", {}).get("content", {})
        if validates.get("validateRequestBody")
        else {}
    )
    parameters = (
        operation.get("parameters", []) if validates.get("validateRequestParameters") else []
    )
    security = [
        (scheme, scopes)
        for each in operation.get("security", [])
        for scheme, scopes in each.items()
        if scheme != "NONE"  # SAM writes this for a route without an authorizer
    ]
    return Operation(
        method="ANY" if method == "x-amazon-apigateway-any-method" else method.upper(),
        resource=resource,
        integration=operation["x-amazon-apigateway-integration"],
        security=security[0] if security else None,
        models={
            media_type: Model(content["schema"], body.get("components", {}))
            for media_type, content in models.items()
        },
        required=[
            (each["in"].replace("query", "querystring"), each["name"])
            for each in parameters
            if each.get("required") and not _is_ignored(each)
        ],
    )


def _is_ignored(parameter: Mapping[str, Any]) -> bool:
    """Return whether OpenAPI 3 ignores this parameter (specification, "Parameter Object")."""
    ignored = parameter["name"].lower() in ("accept", "authorization", "content-type")
    return parameter["in"] == "header" and ignored


def _parameters(parts: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    if parts[-1].endswith("+}") and len(segments) >= len(parts):
        head = len(parts) - 1
        segments = [*segments[:head], "/".join(segments[head:])]
    if len(parts) != len(segments):
        return None
    values = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith("{") and segment:
            values[part.strip("{+}")] = segment
        elif part != segment:
            return None
    return values
