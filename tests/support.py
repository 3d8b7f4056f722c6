"""Shared by all tests: the functions, their sample events, and the template's settings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from project import template
from project.functions import (
    context,
    environment,
    event,
    forget_clients,
    function,
    functions,
    load,
    logical_id,
    module,
    resource,
)

__all__ = [
    "ApiResponse",
    "answer",
    "context",
    "environment",
    "event",
    "event_source",
    "forget_clients",
    "function",
    "functions",
    "load",
    "logical_id",
    "module",
    "resource",
]


@dataclass
class ApiResponse:
    """A function's response to a request of the API, with its body parsed."""

    status: int
    body: Any


def answer(name: str, request: dict[str, Any]) -> ApiResponse:
    """Send a request of the API to a function. Returns the parsed response."""
    response = function(name).handler(request, context(name))
    return ApiResponse(response["statusCode"], json.loads(response["body"] or "null"))


def event_source(function_name: str, origin: str | None = None) -> dict[str, Any]:
    """Return the settings of the function's event source mapping; `origin` selects one of many."""
    [mapping] = [
        found["Properties"]
        for found in template.translated()["Resources"].values()
        if found["Type"] == "AWS::Lambda::EventSourceMapping"
        and found["Properties"]["FunctionName"] == {"Ref": logical_id(function_name)}
        and origin in (None, found["Properties"]["EventSourceArn"]["Fn::GetAtt"][0])
    ]
    properties: dict[str, Any] = mapping
    return properties
