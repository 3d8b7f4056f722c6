"""`make adopt-orders`: orders of an earlier release get a state, and are in the shop's list."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import boto3
import pytest

from common import aws
from common.order_states import State
from common.orders import Order
from common.orders_table import orders
from ops import adopt_orders
from ops.adopt_orders import main
from ops.stack import DeployedStack
from project import functions
from tests.harness.cloud import Cloud
from tests.harness.placed_orders import changed, stored


class Deployed(DeployedStack):
    """A stack in moto, which has no CloudFormation."""

    def resources(self, resource_type: str) -> dict[str, str]:
        assert resource_type == "AWS::DynamoDB::Table"
        return {"OrdersTable": "OrdersTable"}


def client(service: str) -> Any:
    return boto3.session.Session(region_name="us-east-1").client(service)  # type: ignore[call-overload]


def adopt(day: str = "2026-03-01") -> int:
    return main([day], lambda *_: Deployed("shop", "a test", client))


def stored_by_an_earlier_release(at: str) -> Order:
    """fault 83"""
    order = stored(at=at)
    aws.dynamodb().update_item(
        TableName="OrdersTable",
        Key={"orderID": {"S": order.orderID}},
        UpdateExpression="REMOVE #state, #version, desk",
        ExpressionAttributeNames={"#state": "state", "#version": "version"},
    )
    return order


def open_orders() -> list[str]:
    """The IDs in the shop's list of open orders."""
    event = functions.event("shop_orders", "list_orders")
    event["queryStringParameters"] = {"state": "open"}
    response = functions.function("shop_orders").handler(event, functions.context("shop_orders"))
    return [order["orderID"] for order in json.loads(response["body"])["orders"]]


def test_old_orders_are_delivered_and_later_ones_open(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 83"""
    old = stored_by_an_earlier_release("2026-02-28T23:59:59.999Z")
    new = stored_by_an_earlier_release("2026-03-01T00:00:00.000Z")

    assert adopt() == 0

    assert capsys.readouterr().out == "a test\n1 delivered and 1 placed orders\n"
    first, second = (orders().get(each.orderID, None) for each in (old, new))
    assert (first.state, first.version, len(first.history)) == (State.DELIVERED, 2, 1)
    assert (second.state, second.version, second.history) == (State.PLACED, 1, [])
    assert open_orders() == [new.orderID]


def test_an_order_with_a_state_stays_as_it_is(cloud: Cloud) -> None:
    order = changed(stored(at="2026-01-01T00:00:00.000Z"), State.ACCEPTED)
    before = cloud.stored()

    assert adopt() == 0

    assert cloud.stored() == before
    assert open_orders() == [order.orderID]


def test_an_order_that_the_shop_changes_meanwhile_keeps_that_state(cloud: Cloud) -> None:
    """fault 81"""
    order = stored_by_an_earlier_release("2026-01-01T00:00:00.000Z")

    class Interrupted:
        """A client whose first update comes after a change by the shop."""

        def __init__(self) -> None:
            self._client = client("dynamodb")

        def update_item(self, **request: Any) -> Any:
            changed(order, State.ACCEPTED)
            return self._client.update_item(**request)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._client, name)

    counts = adopt_orders.adopt(Interrupted(), "OrdersTable", date(2026, 3, 1))  # type: ignore[arg-type]

    assert counts.total() == 0
    assert orders().get(order.orderID, None).state is State.ACCEPTED


def test_nothing_is_published(cloud: Cloud) -> None:
    order = stored_by_an_earlier_release("2026-01-01T00:00:00.000Z")

    adopt()

    found = aws.dynamodb().get_item(
        TableName="OrdersTable", Key={"orderID": {"S": order.orderID}}, ConsistentRead=True
    )
    assert "lastWrite" not in found["Item"]  # only what has it is published


def test_a_second_run_changes_nothing(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    stored_by_an_earlier_release("2026-01-01T00:00:00.000Z")
    adopt()
    before = cloud.stored()

    assert adopt() == 0

    assert capsys.readouterr().out.endswith("0 delivered and 0 placed orders\n")
    assert cloud.stored() == before


def test_a_date_in_another_form_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        adopt("1.3.2026")

    assert "DELIVERED_BEFORE" in capsys.readouterr().err
