"""The list of the shop on Amazon's engine: what it costs, and that no page loses an order."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from common.dynamodb import batches, items
from common.order_states import OPEN, Role, State
from common.orders import Order
from common.orders_table import Orders, Request
from common.pagination import Page
from project import functions
from tests.dynamodb.conftest import engine

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("dynamodb")]

ORDERS = 1000
PAGE_READ_UNITS = 5.0
DAY = date(2026, 3, 31)
SAME_MILLISECOND = "2026-03-01T12:00:00.000Z"


class Metered:
    """A client that counts the read units of queries, and keeps the write units of updates."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.units = 0.0
        self.written: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def update_item(self, **request: Any) -> Any:
        response = self._database.update_item(**request, ReturnConsumedCapacity="TOTAL")
        self.written.append(response["ConsumedCapacity"]["CapacityUnits"])
        return response

    def query(self, **request: Any) -> Any:
        response = self._database.query(**request, ReturnConsumedCapacity="TOTAL")
        self.units += response["ConsumedCapacity"]["CapacityUnits"]
        return response


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Metered]:
    """1,000 open orders of different times, 300 of the same one, and 100 closed ones."""
    with engine(tmp_path_factory.mktemp("dynamodb")) as found:
        closed = [order(number, State.CANCELLED) for number in range(100)]
        same = [order(ORDERS + number, at=SAME_MILLISECOND) for number in range(300)]
        made = [*map(order, range(ORDERS)), *same, *closed]
        batches.put_items(found, "OrdersTable", [each.to_item() for each in made])
        yield Metered(found)


def order(number: int, state: State = State.PLACED, at: str = "") -> Order:
    at = at or items.timestamp_of(1_772_400_000 + 60 * number)
    content = {"item": f"latex gloves {number}", "note": "blue, please", "customerID": "12345"}
    version = 1 if state is State.PLACED else 2
    ids = random.Random(f"{number} {state} {at}")  # how they are spread decides what a page costs
    order_id, buyer = (str(uuid.UUID(int=ids.getrandbits(128), version=4)) for _ in range(2))
    return Order(order_id, content, buyer, at, state=state, version=version)


def page(database: Metered, states: frozenset[State], token: str | None = None) -> Any:
    module = functions.module("shop_orders", "desk")
    period = functions.module("shop_orders", "period").Period(None, DAY)
    desk = module.Desk("OrdersTable", database)
    return desk.newest(module.Filter(states, period), Page(20, token))


def test_the_first_page_of_open_orders_costs_less_than_five_read_units(database: Metered) -> None:
    before = database.units

    found, _ = page(database, OPEN)

    assert [each.order["item"] for each in found] == [
        f"latex gloves {number}" for number in range(ORDERS - 1, ORDERS - 21, -1)
    ]
    assert 4.0 <= database.units - before < PAGE_READ_UNITS


@pytest.mark.parametrize("states", [OPEN, frozenset(State)], ids=["open", "all"])
def test_the_pages_have_every_order_once_newest_first(
    database: Metered, states: frozenset[State]
) -> None:
    """Also 300 orders of the same millisecond, which have no order among the keys."""
    found, token = page(database, states)
    while token:
        more, token = page(database, states, token)
        found += more

    assert len({each.orderID for each in found}) == len(found)
    assert len(found) == ORDERS + 300 + (0 if states == OPEN else 100)
    times = [each.placedAt for each in found]
    assert times == sorted(times, reverse=True)


def test_shipping_costs_one_write_more_than_a_change_that_keeps_the_key(database: Metered) -> None:
    """docs/data-model.md: the time of shipping is in the index, and costs no write of its own."""
    new = order(ORDERS + 1000)
    database.put_item(TableName="OrdersTable", Item=new.to_item())
    before = len(database.written)

    for state in (State.ACCEPTED, State.PACKED, State.SHIPPED, State.DELIVERED, State.RETURNED):
        request = Request(state, Role.STAFF, "sam", note="to the back door")
        Orders("OrdersTable", database).change(new.orderID, request)  # type: ignore[arg-type]
    database.delete_item(TableName="OrdersTable", Key={"orderID": {"S": new.orderID}})

    assert database.written[before:] == [2, 2, 3, 2, 2]


def test_a_year_without_orders_is_read_in_one_page(database: Metered) -> None:
    module, period = (functions.module("shop_orders", name) for name in ("desk", "period"))
    long_ago = period.Period(DAY - timedelta(days=1000), DAY - timedelta(days=700))
    wanted = module.Filter(frozenset(State), long_ago)

    assert module.Desk("OrdersTable", database).newest(wanted, Page()) == ([], None)
