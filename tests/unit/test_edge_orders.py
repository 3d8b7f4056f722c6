"""What the edge lets pass can be stored, and it lets every valid order pass."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import event, given, settings

from common.orders import Order
from local.gateway import velocity
from local.gateway.definition import ApiDefinition, Operation
from project import functions
from tests.harness import order_bodies
from tests.harness.edge import one_value_each, stack

ORDER_ID = "0b8f7c64-7a0f-4f6e-8d5e-6a1d9c2b3e4f"


@cache
def operation() -> Operation:
    """The operation of `POST /orders`. That of `PUT` has the same template."""
    found = ApiDefinition.of(stack()).route("POST", "/orders")
    assert found is not None, "no route"
    return found[0]


def queued(body: str) -> str | None:
    """Return the body of the message that the edge queues; None if it refuses the order."""
    model = operation().model("application/json")
    assert model is not None, "no model"
    if model.validation_errors(body.encode()):
        return None
    [template] = operation().integration["requestTemplates"].values()
    context: dict[str, Any] = {
        "requestId": ORDER_ID,
        "requestTimeEpoch": 1_700_000_000_000,
        "httpMethod": "POST",
        "path": "/v1/orders",
        "authorizer": {"sub": "ada"},
    }
    parameters: velocity.Parameters = {"path": {}, "querystring": {}, "header": {}}
    form = velocity.render(template, body=body, context=context, parameters=parameters)
    return one_value_each(form).get("MessageBody")


@pytest.mark.slow
@settings(max_examples=300)
@given(body=order_bodies.valid)
def test_every_valid_order_is_queued(body: str) -> None:
    """fault 62"""
    assert queued(body) == body


@pytest.mark.slow
@settings(max_examples=600)
@given(body=order_bodies.damaged)
def test_what_is_queued_is_an_order_that_can_be_stored(body: str) -> None:
    """fault 62. So no client can cause a dead letter."""
    message = queued(body)
    event("refused" if message is None else "queued")
    if message is not None:
        [record] = functions.event("orders_writer", "one_order")["Records"]

        assert Order.from_message({**record, "body": message}).to_item()


@pytest.mark.parametrize("body", order_bodies.HOSTILE, ids=order_bodies.HOSTILE_IDS)
def test_no_order_makes_an_expression_run_away(body: str) -> None:
    """fault 62. Backtracking would take years, which the test does not have."""
    queued(body)
