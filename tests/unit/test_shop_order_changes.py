"""The `shop_orders` function changes several orders at once: each of them by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common.order_history import MAX_NOTE_LENGTH
from common.order_states import State
from common.orders_table import orders
from project import functions
from tests.harness.cloud import Cloud
from tests.harness.placed_orders import changed, stored

UNKNOWN = "00000009-c6af-4cdb-9ab1-3b5c2e0f0009"


def change(seen: Any, state: str = "accepted", key: str | None = None, **more: Any) -> Any:
    """Send the orders that a member of staff has seen, and return status and body."""
    event = functions.event("shop_orders", "change_states")
    event["body"] = json.dumps({"state": state, "orders": seen, **more})
    event["headers"].pop("Idempotency-Key")
    if key is not None:
        event["headers"]["Idempotency-Key"] = key
    response = functions.function("shop_orders").handler(event, functions.context("shop_orders"))
    return response["statusCode"], json.loads(response["body"])


def accepted(order_id: str) -> dict[str, Any]:
    """What the response says about an order that is accepted."""
    allowed = ["packed", "cancelled"]
    return {"orderID": order_id, "state": "accepted", "version": 2, "allowed": allowed}


def seen(order_id: str, version: int = 1) -> dict[str, Any]:
    return {"orderID": order_id, "version": version}


@pytest.mark.slow
def test_all_orders_are_changed_with_the_note(cloud: Cloud) -> None:
    placed = [stored() for _ in range(100)]

    status, body = change([seen(each.orderID) for each in placed], note="ships on Monday")

    assert status == 200
    assert body["refused"] == []
    assert body["changed"] == [accepted(each.orderID) for each in placed]
    [entry] = orders().get(placed[0].orderID, None).history
    assert (entry.state, entry.note) == (State.ACCEPTED, "ships on Monday")


def test_an_order_that_cannot_be_changed_does_not_hinder_the_others(cloud: Cloud) -> None:
    """faults 80, 81"""
    good, changed_since, shipped = stored(), stored(), stored()
    changed(changed_since, State.CANCELLED)
    changed(shipped, State.ACCEPTED, State.PACKED, State.SHIPPED)

    status, body = change(
        [
            *(seen(changed_since.orderID), seen(shipped.orderID, 4), seen(UNKNOWN), seen("none")),
            seen(good.orderID.upper()),
        ]
    )

    assert status == 200
    assert body["changed"] == [accepted(good.orderID)]
    assert body["refused"] == [
        {
            "orderID": changed_since.orderID,
            "message": "the order has changed; read it again",
            "details": ["state: cancelled", "version: 2"],
        },
        {
            "orderID": shipped.orderID,
            "message": "the order cannot be changed into this state",
            "details": ["state: shipped", "version: 4"],
        },
        {"orderID": UNKNOWN, "message": "no such order", "details": []},
        {"orderID": "none", "message": "no such order", "details": []},
    ]


def test_a_repeated_request_changes_what_the_first_one_did_not(cloud: Cloud) -> None:
    """fault 82"""
    first, second = stored(), stored()
    change([seen(first.orderID)], key="one")

    _, body = change([seen(first.orderID), seen(second.orderID)], key="one")

    assert [each["version"] for each in body["changed"]] == [2, 2]
    assert body["refused"] == []


def test_a_key_with_another_change_is_refused_for_that_order(cloud: Cloud) -> None:
    """fault 82"""
    order = stored()
    change([seen(order.orderID)], key="one")

    _, body = change([seen(order.orderID)], "cancelled", key="one")

    [refused] = body["refused"]
    assert refused["message"] == "this Idempotency-Key was used for a different request"


def test_an_order_that_is_named_twice_is_changed_once(cloud: Cloud) -> None:
    """fault 81"""
    order = stored()

    change([seen(order.orderID), seen(order.orderID)])

    assert orders().get(order.orderID, None).version == 2


@pytest.mark.parametrize(
    "body",
    [
        {"orders": []},
        {"orders": [seen(UNKNOWN)] * 101},
        {"orders": "all"},
        {"orders": [UNKNOWN]},
        {"orders": [{"orderID": UNKNOWN}]},
        {"orders": [seen(UNKNOWN, 0)]},
        {"orders": [{**seen(UNKNOWN), "state": "packed"}]},
        {"orders": [seen(UNKNOWN)], "state": "lost"},
        {"orders": [seen(UNKNOWN)], "note": "n" * (MAX_NOTE_LENGTH + 1)},
    ],
)
def test_an_invalid_request_is_refused_as_a_whole(
    cloud: Cloud, requests: list[str], body: dict[str, Any]
) -> None:
    """fault 43"""
    status, _ = change(body.pop("orders"), **body)

    assert status == 400
    assert requests == []
