"""Every answer of a function in a test is as docs/openapi.yaml says."""

from __future__ import annotations

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


@pytest.fixture(autouse=True)
def documented_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Checks the answers of all routes, by patching Powertools and none of our modules."""
    problems: list[str] = []
    resolve = APIGatewayRestResolver.resolve

    def resolved(app: Any, event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer: dict[str, Any] = resolve(app, event, context)
        is_route = not event["resource"].endswith("+}")  # which API Gateway would not have sent
        if is_route:
            problems.extend(contract().problems(Exchange.of_function(event, answer)))
        return answer

    monkeypatch.setattr(APIGatewayRestResolver, "resolve", resolved)
    yield
    assert not problems, "\n".join(dict.fromkeys(problems))
