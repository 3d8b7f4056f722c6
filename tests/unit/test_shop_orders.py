"""The `shop_orders` function: staff see the orders of all buyers, and change their states."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common import aws
from common.erasures import Erasure
from common.order_history import MAX_NOTE_LENGTH
from common.order_states import Role, State
from common.orders_table import Orders, Request, orders
from project import functions
from tests.harness.cloud import Cloud
from tests.harness.placed_orders import ADA, SHOP_ASSISTANT, changed, stored

BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"
ORDER_ID = "00000001-c6af-4cdb-9ab1-3b5c2e0f0001"
"""The order of the sample events."""

CASES = [
    *("list_orders", "list_orders_of_buyer", "show_order", "show_summary"),
    *("change_state", "change_states"),
]


def ask(case: str, body: Any = None, key: str | None = None, **query: str) -> tuple[int, Any]:
    """Send the event of this case. Returns status and body of the response."""
    event = functions.event("shop_orders", case)
    if query:
        query = {name.rstrip("_"): value for name, value in query.items()}
        event["queryStringParameters"] = query
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    if body is not None:
        event["body"] = json.dumps(body)
        event["headers"].pop("Idempotency-Key")
    if key is not None:
        event["headers"]["Idempotency-Key"] = key
    return handle(event)


def handle(event: dict[str, Any]) -> tuple[int, Any]:
    response = functions.function("shop_orders").handler(event, functions.context("shop_orders"))
    return response["statusCode"], json.loads(response["body"])


def listed(**query: str) -> list[str]:
    status, body = ask("list_orders", **query)
    assert status == 200
    return [order["order"]["item"] for order in body["orders"]]


@pytest.mark.parametrize("case", CASES)
def test_the_routes_do_not_exist_for_a_buyer(cloud: Cloud, requests: list[str], case: str) -> None:
    """fault 42"""
    event = functions.event("shop_orders", case)
    buyer = functions.event("shop_orders", "not_staff")["requestContext"]["authorizer"]
    event["requestContext"]["authorizer"] = buyer

    assert handle(event) == (404, {"message": "no such route", "details": []})
    assert requests == []


def test_the_list_does_not_exist_for_a_buyer(cloud: Cloud) -> None:
    assert ask("not_staff")[0] == 404


@pytest.mark.parametrize("case", CASES)
def test_a_request_without_a_caller_is_401(cloud: Cloud, case: str) -> None:
    """fault 11"""
    event = functions.event("shop_orders", case)
    event["requestContext"]["authorizer"] = {}

    assert handle(event)[0] == 401


def test_the_shop_sees_the_orders_of_all_buyers_newest_first(cloud: Cloud) -> None:
    stored("first", at="2026-03-01T12:00:00.000Z")
    stored("third", at="2026-03-01T12:00:00.002Z", buyer=BEN)
    stored("second", at="2026-03-01T12:00:00.001Z")

    status, body = ask("list_orders")

    assert status == 200
    assert [order["order"]["item"] for order in body["orders"]] == ["third", "second", "first"]
    assert body["orders"][0]["placedBy"] == BEN
    assert body["orders"][0]["allowed"] == ["accepted", "cancelled"]
    assert body["next"] is None


@pytest.mark.slow
def test_the_shop_filters_by_state(cloud: Cloud) -> None:
    today = datetime.now(UTC).isoformat()
    stored("placed", at=today)
    changed(stored("packed", at=today), State.ACCEPTED, State.PACKED)
    changed(stored("shipped", at=today), State.ACCEPTED, State.PACKED, State.SHIPPED)

    assert set(listed(state="open")) == {"placed", "packed"}
    assert listed(state="packed") == ["packed"]
    assert listed(state="shipped") == ["shipped"]
    assert set(listed(limit="100")) == {"placed", "packed", "shipped"}


def test_the_shop_filters_by_day(cloud: Cloud) -> None:
    for day in ("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"):
        stored(day, at=f"{day}T00:00:00.000Z")
        changed(stored(f"{day} gone", at=f"{day}T23:59:59.999Z"), State.CANCELLED)

    assert listed(from_="2026-02-01", to="2026-02-28") == [
        "2026-02-28 gone",
        "2026-02-28",
        "2026-02-01 gone",
        "2026-02-01",
    ]


def test_an_open_order_is_listed_however_old_it_is(cloud: Cloud) -> None:
    stored("forgotten", at="2019-03-01T00:00:00.000Z")
    changed(stored("closed", at="2019-03-01T00:00:00.000Z"), State.CANCELLED)

    assert listed(limit="20") == ["forgotten"]


def test_the_shop_sees_the_orders_of_one_buyer(cloud: Cloud) -> None:
    changed(stored("of Ada", at="2026-03-02T00:00:00.000Z"), State.ACCEPTED)
    stored("of Ada, too late", at="2026-04-01T00:00:00.000Z")
    stored("of Ben", at="2026-03-02T00:00:00.000Z", buyer=BEN)

    status, body = ask("list_orders_of_buyer")

    assert status == 200
    assert [(one["order"]["item"], one["state"]) for one in body["orders"]] == [
        ("of Ada", "accepted")
    ]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"state": "lost"}, "state: must be one of "),
        ({"from_": "yesterday"}, "from: must be a date like 2026-11-29"),
        ({"to": "2026-W48-1"}, "to: must be a date like 2026-11-29"),
        ({"to": "2026-02-30"}, "to: must be a date like 2026-11-29"),
        ({"to": "\u0662026-02-03"}, "to: must be a date like 2026-11-29"),
        ({"from_": "2026-02-01", "to": "2026-01-01"}, "from: must be at most 365 days before to"),
        ({"from_": "2024-01-01", "to": "2026-01-01"}, "from: must be at most 365 days before to"),
        ({"placedBy": ""}, "placedBy: not the ID of a user"),
        ({"placedBy": "a" * 3000}, "placedBy: not the ID of a user"),
        ({"limit": "0"}, "limit: must be a whole number from 1 to 100"),
        ({"next": "!"}, "next: not a page token of this list"),
        ({"next": "WyIyMDI2IiwgMV0="}, "next: not a page token of this list"),
        ({"next": "WyIyMDI2IiwgWzFdXQ=="}, "next: not a page token of this list"),
    ],
)
def test_an_invalid_query_is_refused(
    cloud: Cloud, requests: list[str], query: dict[str, str], detail: str
) -> None:
    """fault 43"""
    status, body = ask("list_orders", **query)

    assert status == 400
    assert [each[: len(detail)] for each in body["details"]] == [detail]
    assert requests == []


def test_the_first_days_of_the_calendar_are_valid(cloud: Cloud) -> None:
    assert listed(to="0001-01-01") == []


def test_staff_read_an_order_with_who_changed_it(cloud: Cloud) -> None:
    changed(stored(order_id=ORDER_ID), State.ACCEPTED)

    status, body = ask("show_order")

    assert status == 200
    assert [(each["state"], each["by"], each["byID"]) for each in body["history"]] == [
        ("placed", "buyer", ADA),
        ("accepted", "staff", SHOP_ASSISTANT),
    ]
    assert body["allowed"] == ["packed", "cancelled"]


def test_an_order_that_does_not_exist_is_404(cloud: Cloud) -> None:
    for case in ("show_order", "change_state"):
        assert ask(case) == (404, {"message": "no such order", "details": []})


def test_staff_change_the_state_of_an_order(cloud: Cloud) -> None:
    stored(order_id=ORDER_ID)

    status, body = ask("change_state")

    assert status == 200
    assert (body["state"], body["version"]) == ("accepted", 2)
    assert body["history"][1]["note"] == "Ships on Monday"
    assert ask("show_order") == (200, body)


def test_an_order_goes_through_all_states(cloud: Cloud) -> None:
    stored(order_id=ORDER_ID)

    for version, state in enumerate(["accepted", "packed", "shipped", "delivered", "returned"], 1):
        status, body = ask("change_state", {"state": state, "version": version})
        assert (status, body["state"], body["version"]) == (200, state, version + 1)

    assert len(body["history"]) == 6


def test_a_change_leaves_the_content_of_the_order_as_it_is(cloud: Cloud) -> None:
    order = stored(order_id=ORDER_ID)
    ask("change_state")

    [item] = cloud.stored()
    before = order.to_item()
    kept = before.keys() - {"state", "version"}
    assert {name: item[name] for name in kept} == {name: before[name] for name in kept}


@pytest.mark.parametrize("state", ["placed", "packed", "shipped", "delivered", "returned"])
def test_an_illegal_change_shows_the_state(cloud: Cloud, state: str) -> None:
    """fault 80"""
    stored(order_id=ORDER_ID)

    assert ask("change_state", {"state": state, "version": 1}) == (
        409,
        {
            "message": "the order cannot be changed into this state",
            "details": ["state: placed", "version: 1"],
        },
    )
    assert orders().get(ORDER_ID, None).version == 1


def test_a_change_of_an_old_version_shows_the_state(cloud: Cloud) -> None:
    """fault 81"""
    changed(stored(order_id=ORDER_ID), State.ACCEPTED)

    assert ask("change_state", {"state": "cancelled", "version": 1}) == (
        409,
        {
            "message": "the order has changed; read it again",
            "details": ["state: accepted", "version: 2"],
        },
    )


def test_a_repeated_change_has_the_same_answer(cloud: Cloud) -> None:
    """fault 82"""
    stored(order_id=ORDER_ID)

    first, second = ask("change_state"), ask("change_state")

    assert first == second
    assert orders().get(ORDER_ID, None).version == 2


def test_a_repeated_change_shows_the_order_as_it_is_now(cloud: Cloud) -> None:
    """fault 82"""
    order = stored(order_id=ORDER_ID)
    ask("change_state")
    changed(order, State.PACKED)

    status, body = ask("change_state")

    assert (status, body["state"]) == (200, "packed")


@pytest.mark.parametrize(
    "other",
    [
        {"state": "cancelled", "version": 1},
        {"state": "accepted", "version": 2},
        {"state": "accepted", "version": 1, "note": "another one"},
    ],
)
def test_a_key_with_another_request_is_422(cloud: Cloud, other: dict[str, Any]) -> None:
    """fault 82"""
    stored(order_id=ORDER_ID)
    ask("change_state", {"state": "accepted", "version": 1}, key="one")

    status, body = ask("change_state", other, key="one")

    assert status == 422
    assert body["message"] == "this Idempotency-Key was used for a different request"


def test_the_key_of_somebody_else_is_another_key(cloud: Cloud) -> None:
    """fault 82"""
    order = stored(order_id=ORDER_ID)
    request = Request(State.ACCEPTED, Role.STAFF, BEN, 1, key="one")
    orders().change(order.orderID, request)

    status, body = ask("change_state", {"state": "accepted", "version": 1}, key="one")

    assert (status, body["details"]) == (409, ["state: accepted", "version: 2"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"state": "accepted"},
        {"version": 1},
        {"state": "lost", "version": 1},
        {"state": "accepted", "version": 0},
        {"state": "accepted", "version": "1"},
        {"state": "accepted", "version": 1, "note": "n" * (MAX_NOTE_LENGTH + 1)},
        {"state": "accepted", "version": 1, "by": "me"},
    ],
)
def test_an_invalid_change_is_refused(cloud: Cloud, requests: list[str], body: Any) -> None:
    """fault 43"""
    assert ask("change_state", body)[0] == 400
    assert requests == []


class Interrupting:
    """A DynamoDB client during whose first update somebody else is faster."""

    def __init__(self, interruption: Any) -> None:
        self._client = aws.dynamodb()
        self._interruptions = [interruption]

    def update_item(self, **request: Any) -> Any:
        if self._interruptions:
            self._interruptions.pop()()
        return self._client.update_item(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def interrupted(interruption: Any) -> Orders:
    return Orders("OrdersTable", Interrupting(interruption))  # type: ignore[arg-type]


def test_of_two_changes_at_the_same_time_one_is_made(cloud: Cloud) -> None:
    """fault 81"""
    order = stored()
    table = interrupted(lambda: changed(order, State.ACCEPTED))

    with pytest.raises(Exception, match="the order has changed") as refused:
        table.change(order.orderID, Request(State.CANCELLED, Role.STAFF, BEN, 1))

    assert refused.value.details == ["state: accepted", "version: 2"]  # type: ignore[attr-defined]
    assert orders().get(order.orderID, None).state is State.ACCEPTED


def test_a_request_that_runs_twice_at_the_same_time_is_one_change(cloud: Cloud) -> None:
    """fault 82"""
    order = stored()
    request = Request(State.ACCEPTED, Role.STAFF, BEN, 1, key="one")
    table = interrupted(lambda: orders().change(order.orderID, request))

    after = table.change(order.orderID, request)

    assert (after.state, after.version, len(after.history)) == (State.ACCEPTED, 2, 1)


@pytest.mark.parametrize("mode", ["Anonymize", "Delete"])
def test_an_order_whose_user_is_erased_meanwhile_does_not_come_back(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """fault 84"""
    monkeypatch.setenv("ERASED_ORDERS", mode)
    order = stored()
    step = functions.module("erasure", "steps.orders")
    erasure = Erasure(sub=ADA, requestedAt=0, dueAt=0)
    table = interrupted(lambda: step.erase(erasure, None))

    with pytest.raises(Exception, match="no such order"):
        table.change(order.orderID, Request(State.CANCELLED, Role.BUYER, ADA))

    assert ADA not in json.dumps(cloud.stored())


def test_the_summary_counts_orders_by_state_and_by_day(cloud: Cloud) -> None:
    now = datetime.now(UTC)
    today, yesterday = (now - timedelta(days=n) for n in (0, 1))
    oldest = stored(at="2019-03-01T00:00:00.000Z")
    stored(at=today.isoformat())
    changed(stored(at=yesterday.isoformat()), State.CANCELLED)
    changed(stored(at="2019-03-01T00:00:00.000Z"), State.CANCELLED)

    status, body = ask("show_summary", days="2")

    assert status == 200
    assert body == {
        "states": {
            **{state.value: 0 for state in State},
            "placed": 2,
            "cancelled": 1,
        },
        "days": [
            {
                "date": yesterday.date().isoformat(),
                "orders": 1,
                "shipped": 0,
                "secondsToShip": None,
            },
            {"date": today.date().isoformat(), "orders": 1, "shipped": 0, "secondsToShip": None},
        ],
        "secondsToShip": None,
        "oldestOpen": {
            "orderID": oldest.orderID,
            "placedAt": oldest.placedAt,
            "state": "placed",
        },
    }


def test_the_summary_has_the_median_time_to_ship_of_each_day(cloud: Cloud) -> None:
    now = datetime.now(UTC)
    for hours in (1, 2, 50, 60):  # of which the last two are from other days
        placed = (now - timedelta(hours=hours)).isoformat()
        changed(stored(at=placed), State.ACCEPTED, State.PACKED, State.SHIPPED, State.DELIVERED)
    stored(at=now.isoformat())
    changed(stored(at=now.isoformat()), State.CANCELLED)

    _, body = ask("show_summary", days="5")

    days = body["days"]
    assert sum(day["shipped"] for day in days) == 4
    assert round(body["secondsToShip"], -2) == 26 * 3600
    assert [day["secondsToShip"] is None for day in days] == [not day["shipped"] for day in days]


def test_a_shipped_order_shows_when_it_was_shipped(cloud: Cloud) -> None:
    order = changed(stored(order_id=ORDER_ID), State.ACCEPTED, State.PACKED, State.SHIPPED)
    delivered = changed(order, State.DELIVERED)

    _, body = ask("show_order")
    _, page = ask("list_orders_of_buyer", placedBy=ADA)

    assert body["shippedAt"] == page["orders"][0]["shippedAt"] == delivered.history[2].at


def test_the_summary_of_an_empty_shop_has_thirty_days(cloud: Cloud) -> None:
    status, body = ask("show_summary")

    assert (status, len(body["days"]), body["oldestOpen"]) == (200, 30, None)


@pytest.mark.parametrize("days", ["0", "32", "-1", "ten", "", "\u0662", "1" * 5000])
def test_an_invalid_number_of_days_is_refused(cloud: Cloud, requests: list[str], days: str) -> None:
    """fault 43"""
    status, body = ask("show_summary", days=days)

    assert (status, body["details"]) == (400, ["days: must be a whole number from 1 to 31"])
    assert requests == []
