"""The operations of the REST API, as the rules look at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from project.template import Template
from tests.template.rules import cases, resources

BODY = ("Api", "Properties", "Body")
POST = (*BODY, "paths", "/orders", "post")
INTEGRATION = (*POST, "x-amazon-apigateway-integration")
REQUEST = (*INTEGRATION, "requestTemplates", "application/json")
REFUSAL = (*INTEGRATION, "responses", "default", "responseTemplates", "application/json")

METHODS = ("get", "put", "post", "delete", "patch", "head")

type Operation = tuple[str, str, dict[str, Any], dict[str, Any]]
"""Method, path and definition of an operation, and the body of its API."""


def operations(template: Template) -> Iterator[Operation]:
    """Return all operations, except OPTIONS (preflight requests)."""
    for _, api in resources(template, "AWS::ApiGateway::RestApi"):
        for path, methods in api["Body"]["paths"].items():
            for method, operation in methods.items():
                if method in METHODS:
                    [definition] = cases(operation)
                    yield method, path, definition, api["Body"]


def direct_operations(template: Template) -> Iterator[Operation]:
    """Return the operations that API Gateway sends to another service without a function."""
    for method, path, operation, body in operations(template):
        if operation["x-amazon-apigateway-integration"]["type"] == "aws":
            yield method, path, operation, body
