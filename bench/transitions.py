"""How many changes of states per second the orders table takes, next to a plain update.

Both write to the same table of DynamoDB Local, with its two indexes. The plain update sets the
state and nothing else: no condition, no version, no history, no key of the index.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.capacity import Meter
from bench.report import Report, Target
from common.dynamodb import batches, items
from common.order_states import Role, State
from common.orders import Order
from common.orders_table import Orders, Request
from local.dynamodb_local import ORDERS_TABLE, dynamodb_local
from local.emulator_clients import client

WAY = (State.ACCEPTED, State.PACKED, State.SHIPPED, State.DELIVERED)
"""The states of an order after `placed`."""

ORDERS = 500
SHORT_ORDERS = 25

MIN_SHARE = 0.35
"""A change reads the order first, so it needs two requests."""

MAX_WRITE_UNITS = 2.25
MAX_READ_UNITS = 1.0

type Change = Callable[[str, State], Any]
"""Changes an order into a state."""


@dataclass
class Result:
    """The rates of all rounds, and what all changes together have used."""

    per_second: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    changes: int = 0

    def per_change(self, name: str) -> float:
        return self.counts[name] / self.changes


def report(rounds: int, *, short: bool) -> Report:
    """Measure both, in turns."""
    orders = SHORT_ORDERS if short else ORDERS
    with tempfile.TemporaryDirectory() as folder, dynamodb_local(Path(folder)) as outputs:
        results = _measure(client("dynamodb", outputs), rounds, orders)
    ours, plain = results["Storefront"], results["plain UpdateItem"]
    share = median(ours.per_second) / median(plain.per_second)
    rows = [
        (
            name,
            f"{median(result.per_second):.0f}",
            f"{result.per_change('requests'):.2f}",
            f"{result.per_change('write units'):.2f}",
            f"{result.per_change('read units'):.2f}",
        )
        for name, result in results.items()
    ]
    return Report(
        "Transitions",
        f"{orders} orders are accepted, packed, shipped and delivered, one change after the "
        "other, in the orders table of DynamoDB Local, which also counts the units. A transition "
        "checks who makes it and the version, keeps the history, and makes a repeated request "
        "once. The plain update only sets the state, so a shipped order stays in the list of open "
        f"ones. Both take turns; rates are medians of {rounds} rounds.",
        ("", "transitions/s", "requests", "write units", "read units"),
        rows,
        [
            Target(
                "transitions per second, share of the plain update",
                share,
                MIN_SHARE,
                at_least=True,
                tolerance=0.4,
            ),
            Target("write units per transition", ours.per_change("write units"), MAX_WRITE_UNITS),
            Target("read units per transition", ours.per_change("read units"), MAX_READ_UNITS),
        ],
    )


def units_per_order() -> Counter[str]:
    """What all changes of one order take, as a `Meter` counts."""
    with tempfile.TemporaryDirectory() as folder, dynamodb_local(Path(folder)) as outputs:
        return _measure(client("dynamodb", outputs), 1, 1)["Storefront"].counts


def _measure(dynamodb: Any, rounds: int, orders: int) -> dict[str, Result]:
    """The results by name. The first round warms up, and does not count."""
    table, meter = Orders(ORDERS_TABLE, dynamodb), Meter(dynamodb)

    def change(order_id: str, state: State) -> None:
        version = WAY.index(state) + 1
        table.change(order_id, Request(state, Role.STAFF, "sam", version, "", f"key-{version}"))

    def update(order_id: str, state: State) -> None:
        dynamodb.update_item(
            TableName=ORDERS_TABLE,
            Key={"orderID": {"S": order_id}},
            UpdateExpression="SET #state = :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":state": {"S": state}},
        )

    changes: dict[str, Change] = {"Storefront": change, "plain UpdateItem": update}
    results = {name: Result() for name in changes}
    for number in range(rounds + 1):
        for name, make in changes.items():
            placed = place(dynamodb, orders)
            meter.take()
            start = time.perf_counter()
            for state in WAY:
                for order_id in placed:
                    make(order_id, state)
            rate = len(placed) * len(WAY) / (time.perf_counter() - start)
            if number:
                results[name].per_second.append(rate)
                results[name].counts += meter.take()
                results[name].changes += len(placed) * len(WAY)
    return results


def place(dynamodb: Any, orders: int) -> list[str]:
    """Store new orders. Returns their IDs."""
    content = {"item": "latex gloves", "customerID": "12345"}
    placed = [
        Order(str(uuid.uuid4()), content, str(uuid.uuid4()), items.timestamp())
        for _ in range(orders)
    ]
    batches.put_items(dynamodb, ORDERS_TABLE, [each.to_item() for each in placed])
    return [each.orderID for each in placed]
