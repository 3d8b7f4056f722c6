"""Whether requests and answers are as docs/openapi.yaml says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import yaml
from jsonschema import Draft202012Validator

from project.contract.expansion import Document
from project.contract.openapi import operations, resolved
from project.template import ROOT

_OF_HTTP = {"connection", "content-length", "content-type", "date", "server", "transfer-encoding"}
"""Headers of any answer, which no document lists."""

_JSON = "application/json"

_ERROR = {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}

OF_NO_ROUTE = (403, 404, 405, 415, 417, 431)
"""The statuses of requests to no route: with signed requests, 403 instead of 404."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request to a route, and its answer. Names of headers may have any case.

    `body` and `sent` are the bodies of the answer and of the request, as text.
    """

    method: str
    route: str
    status: int
    body: str
    headers: Mapping[str, Any] | None = None
    sent: str = ""

    @classmethod
    def of_function(cls, event: Mapping[str, Any], answer: Mapping[str, Any]) -> Self:
        """Return the request in an event of the API, and a function's answer to it."""
        body = event.get("body") or ""
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body).decode(errors="replace")
        return cls(
            event["httpMethod"],
            event["resource"],
            answer["statusCode"],
            answer.get("body") or "",
            {**(answer.get("headers") or {}), **(answer.get("multiValueHeaders") or {})},
            body,
        )


class Contract:
    """A document, against which exchanges are checked. Fields that it does not name are wrong."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._operations = {
            (method.upper(), path): operation for method, path, operation in operations(document)
        }
        self._components = strict(document["components"])
        self._validators: dict[str, Draft202012Validator] = {}

    @classmethod
    def committed(cls) -> Self:
        """Return the contract of docs/openapi.yaml."""
        return cls(committed_document())

    def problems(self, exchange: Exchange) -> list[str]:
        """Return what of an exchange the document does not describe, a line each.

        The lines name fields and rules, and never quote a value.
        """
        where = f"{exchange.method} {exchange.route} {exchange.status}"
        operation = self._operations.get((exchange.method, exchange.route))
        if operation is None and exchange.status not in OF_NO_ROUTE:
            return [f"{where}: the route is not documented"]
        if operation is None:
            return [f"{where}: {each}" for each in self._body(_ERROR, exchange.body)]
        answer = resolved(self._document, operation["responses"].get(str(exchange.status)))
        if answer is None:
            return [f"{where}: the status is not documented"]
        found = [*self._body(answer.get("content"), exchange.body), *_headers(answer, exchange)]
        if exchange.status < 300:
            request = operation.get("requestBody", {})
            found += [f"the request: {each}" for each in self._sent(request, exchange.sent)]
        return [f"{where}: {each}" for each in found]

    def value_problems(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        """Return in what a value differs from a schema of the document."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(
                {"components": self._components, **strict(dict(schema))},
                format_checker=Draft202012Validator.FORMAT_CHECKER,
            )
        errors = self._validators[key].iter_errors(value)
        return sorted({described(error) for error in errors})

    def _body(self, content: Mapping[str, Any] | None, text: str) -> list[str]:
        if content is None:
            return ["it has a body"] if text else []
        try:
            value = json.loads(text)
        except ValueError:
            return ["the body is not JSON"]
        return self.value_problems(content[_JSON]["schema"], value)

    def _sent(self, request: Mapping[str, Any], text: str) -> list[str]:
        if not text and not request.get("required", False):
            return []
        return self._body(request["content"], text) if request else []


def _headers(answer: Mapping[str, Any], exchange: Exchange) -> Iterator[str]:
    if exchange.headers is None:
        return
    documented = {name.lower() for name in answer["headers"]} | _OF_HTTP
    sent = {name.lower() for name in exchange.headers}
    yield from (f"the header {name} is not documented" for name in sorted(sent - documented))
    if "retry-after" in documented - sent:
        yield "the header retry-after is missing"


def described(error: Any) -> str:
    """Return which rule a value breaks, and where, without the value."""
    place = "/".join(str(each) for each in error.absolute_path) or "the body"
    if error.validator in ("additionalProperties", "required"):
        return f"{place}: {error.message}"  # it names fields
    rule = json.dumps(error.validator_value)[:200]
    return f"{place}: not as {error.validator} {rule} says"


def strict(node: Any) -> Any:
    """Return schemas in which an object has only the fields that they name."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    closed = {name: strict(each) for name, each in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


@cache
def committed_document() -> Document:
    """Return docs/openapi.yaml. Read only."""
    text = (ROOT / "docs" / "openapi.yaml").read_text()
    return yaml.load(text, yaml.CSafeLoader)  # type: ignore[no-any-return]
