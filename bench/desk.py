"""What the first page of the shop's list costs, with 100,000 orders in DynamoDB Local."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from statistics import mean, median, quantiles
from typing import Any

from bench.report import Report, Target
from bench.shop_function import ShopFunction, shop_function
from common.dynamodb import batches, items
from common.order_states import OPEN, State
from common.orders import Order
from local.dynamodb_local import ORDERS_TABLE

ORDERS = 100_000
SHORT_ORDERS = 2000
DAYS = 100
"""The orders were placed in these days, at an even rate."""

PAGES = 300
SHORT_PAGES = 30

MAX_READ_UNITS = 5.0
MAX_MILLISECONDS = 100.0

LISTS: dict[str, dict[str, str]] = {
    "open orders": {"state": "open"},
    "packed orders": {"state": "packed"},
    "all orders": {},
}

_CLOSED = [State.DELIVERED, State.DELIVERED, State.SHIPPED, State.CANCELLED]
_PUT_AT_ONCE = 5000

type Measured = tuple[list[float], list[float]]
"""The milliseconds and the read units of pages."""


def report(*, short: bool) -> Report:
    """Store the orders, and read first pages of each list."""
    orders, pages = (SHORT_ORDERS, SHORT_PAGES) if short else (ORDERS, PAGES)
    with shop_function() as shop:
        store(shop.dynamodb, orders)
        read_pages(shop, {}, 3)  # warms up
        measured = {name: read_pages(shop, query, pages) for name, query in LISTS.items()}
    rows = [
        (
            name,
            f"{median(milliseconds):.0f}",
            f"{_p99(milliseconds):.0f}",
            f"{mean(units):.2f}",
            f"{max(units):.1f}",
        )
        for name, (milliseconds, units) in measured.items()
    ]
    milliseconds, units = measured["open orders"]
    targets = [Target("read units of a first page of open orders", mean(units), MAX_READ_UNITS)]
    if not short:  # a short run compares no times
        targets += [
            Target(f"ms for a first page of open orders, {name}", value, MAX_MILLISECONDS)
            for name, value in (("median", median(milliseconds)), ("p99", _p99(milliseconds)))
        ]
    return Report(
        "The shop's list",
        f"{orders:,} orders of {DAYS} days are in DynamoDB Local; a fifth of them is open. The "
        f"function `shop_orders` handles {pages} requests for a first page of 20 orders of each "
        "list, up to different days. Function and DynamoDB share the machine. DynamoDB Local "
        "reports the read units, which are added up over all keys of the index.",
        ("", "median, ms", "p99, ms", "read units, mean", "read units, maximum"),
        rows,
        targets,
    )


def store(dynamodb: Any, count: int) -> None:
    """Store so many orders."""
    for part in batched(_orders(count), _PUT_AT_ONCE, strict=False):
        batches.put_items(dynamodb, ORDERS_TABLE, [order.to_item() for order in part])


def read_pages(shop: ShopFunction, query: dict[str, str], pages: int) -> Measured:
    """Read first pages with this query, each up to another day."""
    milliseconds, units = [], []
    today = datetime.now(UTC).date()
    for number in range(pages):
        to = (today - timedelta(days=number % DAYS)).isoformat()
        usage, response = shop.call("list_orders", queryStringParameters={**query, "to": to})
        assert json.loads(response["body"])["orders"], f"no orders up to {to}"
        milliseconds.append(usage.seconds * 1000)
        units.append(float(usage.counts["read units"]))
    return milliseconds, units


def _orders(count: int) -> Iterator[Order]:
    """Orders of the last days, with the same IDs in every run."""
    chance = random.Random(19)
    now, opened = time.time(), sorted(OPEN)
    for number in range(count):
        state = _CLOSED[number % 4] if number % 5 else opened[number // 5 % 3]
        order_id, buyer = (str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(2))
        at = items.timestamp_of(now - DAYS * 86_400 * number / count)
        content = {"item": f"latex gloves {number}", "note": "blue, please", "customerID": "12345"}
        yield Order(order_id, content, buyer, at, state=state, version=1 + (state != State.PLACED))


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[-1]
