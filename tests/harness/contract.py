"""Every answer of a function in a test is as docs/openapi.yaml says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from project.contract.check import Contract, Exchange


@cache
def contract() -> Contract:
    """Return the committed contract."""
    return Contract.committed()


def exchange(event: dict[str, Any], answer: dict[str, Any]) -> Exchange:
    """Return the request in an event of the API, and a function's answer to it."""
    headers = {**(answer.get("headers") or {}), **(answer.get("multiValueHeaders") or {})}
    sent = event.get("body") or ""
    if event.get("isBase64Encoded"):
        sent = base64.b64decode(sent).decode(errors="replace")
    return Exchange(
        event["httpMethod"],
        event["resource"],
        answer["statusCode"],
        answer.get("body") or "",
        dict.fromkeys(headers, ""),
        sent,
    )


@pytest.fixture(autouse=True)
def documented_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Checks the answers of all routes, by patching Powertools and none of our modules."""
    problems: list[str] = []
    resolve = APIGatewayRestResolver.resolve

    def resolved(app: Any, event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer: dict[str, Any] = resolve(app, event, context)
        if not (_is_no_route(answer) or "+}" in event["resource"]):  # a resource of no route
            problems.extend(contract().problems(exchange(event, answer)))
        return answer

    monkeypatch.setattr(APIGatewayRestResolver, "resolve", resolved)
    yield
    assert not problems, "\n".join(dict.fromkeys(problems))


def _is_no_route(answer: dict[str, Any]) -> bool:
    no_route = {"message": "no such route", "details": []}
    return bool(answer["statusCode"] == 404 and json.loads(answer["body"]) == no_route)
