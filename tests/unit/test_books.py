"""The books that `make chaos` and `make load` balance."""

from __future__ import annotations

from typing import Any

import pytest

from bench.books import Events, order_problems
from common.order_history import Change
from common.order_states import Role, State
from common.orders import Order

AT = "2026-03-01T12:00:00.123Z"


def stored(order_id: str, item: str = "lamp", *, version: int = 1) -> Order:
    """An order after some changes."""
    change = Change(State.ACCEPTED, AT, Role.STAFF, "staff")
    return Order(order_id, {"item": item}, "ann", AT, version=version, history=[change] * version)


def event(order_id: str, version: int = 1, event_id: str = "") -> dict[str, Any]:
    event_id = event_id or f"{order_id} {version}"
    return {"eventID": event_id, "data": {"orderID": order_id, "version": version}}


def problems(
    accepted: dict[str, list[str]],
    orders: list[Order],
    received: list[dict[str, Any]],
    refused: tuple[str, ...] = (),
) -> list[str]:
    by_id = {order.orderID: order for order in orders}
    return order_problems(accepted, by_id, refused, Events.of(received))


def test_books_with_one_order_stored_one_refused_and_a_change_balance() -> None:
    accepted = {"1": ["lamp"], "2": ["chair", "another chair"]}
    orders = [stored("1", version=2), stored("2", "chair")]
    received = [event("1"), event("1", 2), event("1", 2), event("2")]

    assert problems(accepted, orders, received, refused=("2",)) == []
    assert Events.of(received).repeated == 1


@pytest.mark.parametrize(
    ("accepted", "orders", "received", "problem"),
    [
        ({"1": ["lamp"]}, [], [], "order 1 was accepted, and is neither stored nor refused"),
        (
            {"1": ["lamp"]},
            [stored("1", "chair")],
            [event("1")],
            "order 1 is stored with a content that nobody sent",
        ),
        (
            {"1": ["lamp", "chair"]},
            [stored("1")],
            [event("1")],
            "the second order under 1 is not refused",
        ),
        ({}, [stored("1"), stored("2")], [event("1"), event("2")], "lamp is stored 2 times"),
        ({}, [stored("1", version=2)], [event("1")], "order 1: version 2 is not published"),
        (
            {},
            [stored("1")],
            [event("1"), event("1", 2)],
            "order 1: a version that it never had is published: {2}",
        ),
        ({}, [], [event("1")], "order 1 is published and not stored"),
        (
            {},
            [stored("1")],
            [event("1"), event("1", event_id="other")],
            "order 1: two events for one version",
        ),
    ],
)
def test_books_that_do_not_balance_say_why(
    accepted: dict[str, list[str]],
    orders: list[Order],
    received: list[dict[str, Any]],
    problem: str,
) -> None:
    assert problems(accepted, orders, received) == [problem]
