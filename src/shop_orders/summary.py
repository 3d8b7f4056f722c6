"""How many orders there are per state and per day, and the open one that waits longest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from itertools import chain, repeat
from operator import itemgetter
from typing import Any

from desk import desk
from period import Period

from common import order_desk
from common.api.errors import Invalid
from common.dynamodb import items
from common.order_states import STATES
from common.parallel import map_parallel

MAX_ROWS = 15_000
"""Per key. Counting more would take longer than the API waits."""

MAX_DAYS = 31
DEFAULT_DAYS = 30

_PAGE_ROWS = 2500  # of 400 bytes each are 1 MB, the most that DynamoDB reads at once

type Counts = Counter[tuple[str, str]]
"""How many orders there are, by state and day."""


def days_of(query: Mapping[str, str]) -> int:
    """How many days a query string asks for. Raises Invalid."""
    days = query.get("days", str(DEFAULT_DAYS))
    if not (days.isascii() and days.isdigit() and len(days) < 3 and 1 <= int(days) <= MAX_DAYS):
        raise Invalid("invalid days", [f"days: must be a whole number from 1 to {MAX_DAYS}"])
    return int(days)


def summary(days: int, today: date) -> dict[str, Any]:
    """The counts of the open orders and of those that were placed in the last days, today included.

    Each of them is read in the index. Raises Invalid if there are too many.
    """
    period = Period(today - timedelta(days=days - 1), today)
    closed_keys = chain.from_iterable(map(order_desk.closed_keys, period.months()))
    counted_open = map_parallel(partial(_count, Period(None, today)), order_desk.open_keys())
    counted = [*counted_open, *map_parallel(partial(_count, period), closed_keys)]

    states, placed = Counter[str](), Counter[str]()
    for counts, _ in counted:
        for (state, day), number in counts.items():
            states[state] += number
            placed[day] += number
    dates = [(today - timedelta(days=before)).isoformat() for before in reversed(range(days))]
    waiting = [oldest for _, oldest in counted_open if oldest is not None]
    return {
        "states": {state: states[state] for state in STATES},
        "days": [{"date": each, "orders": placed[each]} for each in dates],
        "oldestOpen": min(waiting, key=itemgetter("placedAt"), default=None),
    }


def _count(period: Period, key: str) -> tuple[Counts, dict[str, Any] | None]:
    """The counts of the orders with this key, and the oldest of them."""
    rows = desk().rows(
        key,
        period.start,
        period.end,
        repeat(_PAGE_ROWS),
        ProjectionExpression="orderID, placedAt, #state",
        ExpressionAttributeNames={"#state": "state"},
    )
    counts: Counts = Counter()
    row = None
    for number, row in enumerate(rows, 1):
        if number > MAX_ROWS:
            raise Invalid("too many orders", ["days: there are too many orders to count them"])
        counts[row["state"]["S"], row["placedAt"]["S"][: len("2026-11-29")]] += 1
    return counts, row and items.deserialize(row, ("orderID", "placedAt", "state"))
