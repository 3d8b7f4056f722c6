"""The `orders` function: callers read their own orders only; staff read all orders."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from botocore.session import Session

from common import aws
from common.order_states import Role, State
from common.orders import SCHEMA, Order
from common.orders_table import Request, orders
from common.refused_orders import KEPT_SECONDS, Refusal, refused_orders
from project import functions, template
from tests.harness.cloud import Cloud
from tests.harness.observability import Log

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"


def ask(case: str, **query: str) -> tuple[int, dict[str, Any]]:
    """Send the event of this case. Returns status and body of the response."""
    return handle(request_of(case, **query))


def request_of(case: str, **query: str) -> dict[str, Any]:
    event = functions.event("orders", case)
    if query:
        event["queryStringParameters"] = query
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    return event


def handle(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    response = functions.function("orders").handler(event, functions.context("orders"))
    assert response["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert response["multiValueHeaders"]["Access-Control-Allow-Origin"] == ["*"]
    body = json.loads(response["body"], parse_float=Decimal)
    if response["statusCode"] >= 400:
        assert body.keys() == {"message", "details"}
    return response["statusCode"], body


def order(number: int, caller: str = ADA, quantity: str = "1") -> Order:
    return Order(
        orderID=f"{number:08x}-c6af-4cdb-9ab1-3b5c2e0f{number:04x}",
        order={"item": f"Chair {number}", "quantity": Decimal(quantity)},
        placedBy=caller,
        placedAt=f"2026-03-01T12:00:{number:02}.000Z",
    )


def refuse(number: int, caller: str = ADA) -> Refusal:
    """Refuse another order that this caller sent with the orderID of `order(number)`."""
    refusal = Refusal(order(number).orderID, caller, "2026-03-01T12:05:00.000Z", "because")
    refused_orders().add(refusal)
    return refusal


def store(*placed: Order) -> None:
    for one in placed:
        aws.dynamodb().put_item(TableName="OrdersTable", Item=one.to_item())


def test_the_schema_equals_the_model_of_the_api() -> None:
    models = template.raw()["Resources"]["Api"]["Properties"]["DefinitionBody"]["components"]

    assert models["schemas"]["Order"] == SCHEMA


def test_a_caller_without_orders_has_an_empty_list(cloud: Cloud) -> None:
    assert ask("list_orders") == (200, {"orders": [], "next": None})


def test_a_caller_lists_their_own_orders_newest_first(cloud: Cloud) -> None:
    store(order(1), order(3), order(2), order(4, caller=BEN))

    status, body = ask("list_orders")

    assert status == 200
    assert [one["order"]["item"] for one in body["orders"]] == ["Chair 3", "Chair 2", "Chair 1"]
    assert all(
        one.keys() == {"orderID", "order", "placedBy", "placedAt", "state", "version", "allowed"}
        for one in body["orders"]
    )
    assert body["next"] is None


def test_each_page_continues_after_the_previous_one(cloud: Cloud) -> None:
    store(*(order(number) for number in range(1, 6)))

    _, first = ask("list_orders_page")
    _, second = ask("list_orders", limit="2", next=first["next"])
    _, third = ask("list_orders", limit="2", next=second["next"])

    pages = [
        [one["order"]["item"][-1] for one in page["orders"]] for page in (first, second, third)
    ]
    assert pages == [["5", "4"], ["3", "2"], ["1"]]
    assert third["next"] is None


@pytest.mark.parametrize(
    "limit",
    ["0", "-1", "1000000000", "101", "0100000", "1.0", "ten", "", " 1", "١", "²", "1" * 5000],
)
def test_an_invalid_limit_is_refused(cloud: Cloud, requests: list[str], limit: str) -> None:
    """fault 43"""
    status, body = ask("list_orders", limit=limit)

    assert status == 400
    assert body["details"] == ["limit: must be a whole number from 1 to 100"]
    assert requests == []


def test_a_page_token_that_is_none_is_refused(cloud: Cloud, requests: list[str]) -> None:
    """fault 43"""
    for wrong in ("", "!", "é", "\ud800", "AAAA", "A" * 5000):
        status, body = ask("list_orders", next=wrong)
        assert (status, body["details"]) == (400, ["next: not a page token of this list"])

    assert requests == []


def test_a_caller_reads_their_own_order(cloud: Cloud) -> None:
    store(order(1))

    assert ask("show_order") == (
        200,
        {
            "orderID": "00000001-c6af-4cdb-9ab1-3b5c2e0f0001",
            "order": {"item": "Chair 1", "quantity": 1},
            "placedBy": ADA,
            "placedAt": "2026-03-01T12:00:01.000Z",
            "state": "placed",
            "version": 1,
            "allowed": ["cancelled"],
            "history": [{"state": "placed", "at": "2026-03-01T12:00:01.000Z", "by": "buyer"}],
        },
    )


def test_an_upper_case_order_id_finds_the_order(cloud: Cloud) -> None:
    store(order(1))
    event = request_of("show_order")
    event["path"] = event["path"].upper().replace("/ORDERS/", "/orders/")

    status, body = handle(event)

    assert (status, body["orderID"]) == (200, order(1).orderID)


@pytest.mark.parametrize(
    "quantity", ["0.1", "0.30000000000000004", "1234567890123456789012345678.5"]
)
def test_numbers_are_returned_exactly_as_stored(cloud: Cloud, quantity: str) -> None:
    """fault 13"""
    store(order(1, quantity=quantity))

    _, body = ask("show_order")

    assert body["order"]["quantity"] == Decimal(quantity)


def test_a_caller_reads_why_its_order_was_refused(cloud: Cloud) -> None:
    """fault 62"""
    refuse(1)

    assert ask("show_order") == (
        409,
        {"message": "the order was refused", "details": ["because"]},
    )


def test_a_refusal_is_shown_for_two_weeks(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if DynamoDB has not deleted the row yet."""
    refuse(1)
    later = time.time() + KEPT_SECONDS
    monkeypatch.setattr(time, "time", lambda: later)

    assert ask("show_order")[0] == 404


def test_a_refusal_does_not_show_the_order_of_somebody_else(cloud: Cloud) -> None:
    """faults 42, 62"""
    store(order(1, caller=BEN))
    refuse(1)

    status, body = ask("show_order")

    assert (status, body["details"]) == (409, ["because"])


def test_a_stored_order_stays_as_it_is_beside_a_refused_one(cloud: Cloud) -> None:
    """faults 17, 62"""
    store(order(1))
    before = ask("show_order")
    refusal = refuse(1)

    status, body = ask("show_order")

    assert body.pop("refused") == refusal.to_json()
    assert (status, body) == before


def test_nobody_reads_that_an_order_of_another_caller_was_refused(cloud: Cloud) -> None:
    """fault 62"""
    store(order(1))
    before = ask("show_order"), ask("show_order_to_staff")
    refuse(1, caller=BEN)

    assert (ask("show_order"), ask("show_order_to_staff")) == before


def test_another_callers_order_is_404_like_a_missing_one(cloud: Cloud) -> None:
    """fault 42"""
    missing = ask("another_caller")
    store(order(1))

    of_another_caller = ask("another_caller")

    assert missing == of_another_caller == (404, {"message": "no such order", "details": []})


def test_staff_read_any_order(cloud: Cloud) -> None:
    store(order(1))

    status, body = ask("show_order_to_staff")

    assert (status, body["placedBy"]) == (200, ADA)


def test_other_cognito_groups_do_not_read_orders_of_others(cloud: Cloud) -> None:
    """fault 42"""
    store(order(1))
    event = request_of("show_order_to_staff")
    event["requestContext"]["authorizer"]["claims"]["cognito:groups"] = "customers,staff-to-be"

    status, _ = handle(event)

    assert status == 404


@pytest.mark.parametrize("order_id", ["1", "%00", "'", "a" * 5000, "$context.requestId"])
def test_an_order_id_that_is_not_a_uuid_is_404(
    cloud: Cloud, requests: list[str], order_id: str
) -> None:
    """fault 7"""
    event = request_of("show_order")
    event["path"] = f"/orders/{order_id}"

    status, _ = handle(event)

    assert status == 404
    assert requests == []


def test_an_unknown_route_has_the_shape_of_errors(cloud: Cloud) -> None:
    assert ask("no_such_route") == (404, {"message": "no such route", "details": []})


def test_a_request_without_a_caller_is_401(cloud: Cloud, requests: list[str]) -> None:
    """fault 11"""
    store(order(1))
    requests.clear()

    status, _ = ask("not_a_caller")

    assert status == 401
    assert requests == []


def test_an_unexpected_error_is_in_the_log_and_not_in_the_response(
    monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    class Broken:
        def query(self, **_: Any) -> None:
            raise RuntimeError("arn:aws:dynamodb:us-east-1:123456789012:table/secret")

    monkeypatch.setattr(Session, "create_client", lambda *_, **__: Broken())
    functions.forget_clients()

    status, body = ask("list_orders")

    functions.forget_clients()
    assert (status, body["details"]) == (500, [])
    assert body["message"] == "something went wrong here; try again"
    [line] = log.lines()
    assert "table/secret" in line["exception"]
    assert line["correlation_id"] == "5f0c7e1a-98b4-4d0e-8c59-1d2f3a4b5c6d"


def test_a_missing_table_is_500(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """fault 19"""
    monkeypatch.setenv("ORDERS_TABLE", "Missing")

    status, body = ask("list_orders")

    assert status == 500
    assert "Missing" not in json.dumps(body)


def test_a_list_has_only_the_orders_in_a_state(cloud: Cloud) -> None:
    store(order(1), order(2), order(3))
    change(order(2), State.ACCEPTED)
    change(order(3), State.CANCELLED)

    lists = {
        state: [
            one["order"]["item"][-1] for one in ask("list_open_orders", state=state)[1]["orders"]
        ]
        for state in ("open", "accepted", "cancelled", "returned")
    }

    assert lists == {"open": ["2", "1"], "accepted": ["2"], "cancelled": ["3"], "returned": []}


@pytest.mark.parametrize("state", ["", "PLACED", "closed", "é", "a" * 5000])
def test_a_state_that_is_none_is_refused(cloud: Cloud, requests: list[str], state: str) -> None:
    """fault 43"""
    status, body = ask("list_orders", state=state)

    assert status == 400
    [detail] = body["details"]
    assert detail.startswith("state: must be one of placed, accepted,")
    assert requests == []


def test_an_order_that_was_erased_a_moment_ago_is_not_listed(cloud: Cloud) -> None:
    """The index may still have it, for a moment."""
    store(order(1))
    row = {"orderID": {"S": order(1).orderID}, "placedBy": {"S": BEN}}

    assert orders().whole([row], BEN) == []
    assert orders().whole([{"orderID": {"S": order(2).orderID}}], ADA) == []


def test_a_buyer_cancels_an_order(cloud: Cloud) -> None:
    store(order(1))

    status, body = ask("cancel_order")

    assert status == 200
    assert (body["state"], body["version"], body["allowed"]) == ("cancelled", 2, [])
    [placed, cancelled] = body["history"]
    assert placed == {"state": "placed", "at": order(1).placedAt, "by": "buyer"}
    assert (cancelled["state"], cancelled["by"]) == ("cancelled", "buyer")
    assert ask("show_order") == (200, body)


def test_a_repeated_cancellation_has_the_same_answer(cloud: Cloud) -> None:
    """fault 82"""
    store(order(1))
    first = ask("cancel_order")

    assert ask("cancel_order") == first


def test_a_second_cancellation_shows_that_the_order_is_cancelled(cloud: Cloud) -> None:
    store(order(1))
    ask("cancel_order")

    assert handle(without_key(request_of("cancel_order"))) == (
        409,
        {
            "message": "the order cannot be changed into this state",
            "details": ["state: cancelled", "version: 2"],
        },
    )


def test_an_accepted_order_cannot_be_cancelled_by_its_buyer(cloud: Cloud) -> None:
    """fault 80"""
    store(order(1))
    change(order(1), State.ACCEPTED)

    status, body = ask("cancel_order")

    assert (status, body["details"]) == (409, ["state: accepted", "version: 2"])


def test_nobody_cancels_the_order_of_another_buyer(cloud: Cloud) -> None:
    """faults 42, 80"""
    store(order(1, caller=BEN))

    assert ask("cancel_order") == (404, {"message": "no such order", "details": []})
    assert orders().get(order(1).orderID, BEN).version == 1


def test_a_key_that_is_too_long_is_refused(cloud: Cloud) -> None:
    event = request_of("cancel_order")
    event["headers"]["Idempotency-Key"] = "k" * 256

    assert handle(event)[0] == 400


def test_an_order_of_version_0_1_is_placed_and_can_be_cancelled(cloud: Cloud) -> None:
    """fault 83"""
    item = order(1).to_item()
    for name in ("state", "version", "desk"):
        del item[name]
    aws.dynamodb().put_item(TableName="OrdersTable", Item=item)

    before, _ = ask("show_order")[1], ask("list_orders")
    status, after = ask("cancel_order")

    assert (before["state"], before["version"], before["allowed"]) == ("placed", 1, ["cancelled"])
    assert (status, after["state"], after["version"]) == (200, "cancelled", 2)
    assert cloud.stored()[0]["desk"]["S"].startswith("2026-03#")


def test_buyers_do_not_see_who_of_the_staff_changed_an_order(cloud: Cloud) -> None:
    """fault 42"""
    store(order(1))
    change(order(1), State.ACCEPTED)

    for case in ("show_order", "list_orders"):
        assert BEN not in json.dumps(ask(case)[1], default=str)


def change(changed: Order, state: State) -> None:
    """Let Ben, a member of `staff`, change the state."""
    version = orders().get(changed.orderID, None).version
    orders().change(changed.orderID, Request(state, Role.STAFF, BEN, version))


def without_key(event: dict[str, Any]) -> dict[str, Any]:
    del event["headers"]["Idempotency-Key"]
    return event
