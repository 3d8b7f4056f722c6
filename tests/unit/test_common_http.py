"""Errors of the API: one shape, whatever went wrong."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.api_gateway import Router

from common import http
from common.errors import Invalid, NotFound, Unauthenticated
from tests import support

router = Router()  # type: ignore[no-untyped-call]


@router.get("/orders")
def fail() -> dict[str, Any]:
    raise ERRORS[router.current_event["queryStringParameters"]["limit"]]


ERRORS: dict[str, Exception] = {
    "details": Invalid("item is wrong", ["item: a string"]),
    "no details": Invalid("no order"),
    "nobody": Unauthenticated("no verified token"),
    "not found": NotFound("no such order"),
    "unexpected": ValueError("internals"),
}


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        ("details", 400, {"message": "item is wrong", "details": ["item: a string"]}),
        ("no details", 400, {"message": "no order", "details": []}),
        ("nobody", 401, {"message": "no verified token", "details": []}),
        ("not found", 404, {"message": "no such order", "details": []}),
        ("unexpected", 500, {"message": "something went wrong here; try again", "details": []}),
    ],
)
def test_every_error_has_one_shape_and_the_cors_header(
    error: str, status: int, body: dict[str, Any]
) -> None:
    event = support.event("orders", "list_orders_page")
    event["queryStringParameters"]["limit"] = error

    answer = http.serve(router, event, support.context())

    assert answer["statusCode"] == status
    assert json.loads(answer["body"]) == body
    assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == ["*"]
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/json"]


def test_an_answer_to_another_site_than_ours_carries_no_cors_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGIN", "https://ours.example")
    event = support.event("orders", "list_orders_page")
    event["queryStringParameters"]["limit"] = "not found"
    own = Router()  # type: ignore[no-untyped-call]

    answer = http.serve(own, event, support.context())

    assert "https://shop.example" not in str(answer["multiValueHeaders"])


def test_numbers_go_out_exactly() -> None:
    assert http.to_json({"quantity": Decimal("0.10")}) == '{"quantity":0.10}'
