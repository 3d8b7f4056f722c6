"""Changes of orders are the same in all test databases as in Amazon's."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from common.api.errors import ApiError, KeyReused, NotFound, WrongState
from common.order_states import Role, State
from common.orders import Order
from common.orders_table import Orders, Request

pytestmark = pytest.mark.xdist_group("dynamodb")

TABLE = "OrdersTable"


def placed(database: Any, without: tuple[str, ...] = ()) -> str:
    """Store a new order without these attributes. Returns its ID."""
    order = Order(str(uuid.uuid4()), {"item": "lamp"}, "ada", "2026-03-01T12:00:00.000Z")
    item = {name: value for name, value in order.to_item().items() if name not in without}
    database.put_item(TableName=TABLE, Item=item)
    return order.orderID


def change(database: Any, order_id: str, state: State, **request: Any) -> Order | type[ApiError]:
    """Change an order as staff. Returns it, or the class of the error."""
    fields = {"role": Role.STAFF, "caller": "sam", **request}
    try:
        return Orders(TABLE, database).change(order_id, Request(state, **fields))
    except ApiError as error:
        return type(error)


def test_an_order_goes_through_its_states(database: Any) -> None:
    order_id = placed(database)

    for state in (State.ACCEPTED, State.PACKED, State.SHIPPED, State.DELIVERED, State.RETURNED):
        order = change(database, order_id, state, note=f"is {state}")

    assert isinstance(order, Order)
    assert (order.state, order.version) == (State.RETURNED, 6)
    assert [each.note for each in order.history][-2:] == ["is delivered", "is returned"]
    assert Orders(TABLE, database).get(order_id, "ada") == order


@pytest.mark.parametrize("without", [("state", "version", "desk"), ()])
def test_what_is_illegal_or_stale_changes_nothing(database: Any, without: tuple[str, ...]) -> None:
    """faults 80, 81, 83"""
    order_id = placed(database, without)

    answers = [
        change(database, order_id, State.SHIPPED),
        change(database, order_id, State.ACCEPTED, version=2),
        change(database, order_id, State.CANCELLED, role=Role.BUYER, caller="ben"),
        change(database, str(uuid.uuid4()), State.ACCEPTED),
    ]

    assert answers == [WrongState, WrongState, NotFound, NotFound]
    assert Orders(TABLE, database).get(order_id, "ada").history == []
    assert isinstance(change(database, order_id, State.ACCEPTED, version=1), Order)


def test_a_repeated_change_is_made_once(database: Any) -> None:
    """fault 82"""
    order_id = placed(database)

    first = change(database, order_id, State.ACCEPTED, version=1, key="one")
    second = change(database, order_id, State.ACCEPTED, version=1, key="one")
    other = change(database, order_id, State.CANCELLED, version=2, key="one")

    assert first == second
    assert other is KeyReused
