"""How many orders there are per state and day, how fast they ship, and which one waits longest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain, repeat
from operator import itemgetter
from statistics import median
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


@dataclass(slots=True)
class Counts:
    """What is counted under one key.

    `orders` is how many orders there are by state and day, and `seconds` how long each one that was
    shipped took, by the day of its placing. `oldest` is the order that was placed first.
    """

    orders: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    oldest: dict[str, Any] | None = None


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
    seconds = defaultdict[str, list[int]](list)
    for counts in counted:
        for (state, day), number in counts.orders.items():
            states[state] += number
            placed[day] += number
        for day, taken in counts.seconds.items():
            seconds[day] += taken
    dates = [(today - timedelta(days=before)).isoformat() for before in reversed(range(days))]
    waiting = [counts.oldest for counts in counted_open if counts.oldest is not None]
    return {
        "states": {state: states[state] for state in STATES},
        "days": [
            {
                "date": each,
                "orders": placed[each],
                "shipped": len(seconds[each]),
                "secondsToShip": _median(seconds[each]),
            }
            for each in dates
        ],
        "secondsToShip": _median(list(chain.from_iterable(seconds.values()))),
        "oldestOpen": min(waiting, key=itemgetter("placedAt"), default=None),
    }


def _median(seconds: list[int]) -> int | None:
    return round(median(seconds)) if seconds else None


def _count(period: Period, key: str) -> Counts:
    rows = desk().rows(
        key,
        period.start,
        period.end,
        repeat(_PAGE_ROWS),
        ProjectionExpression="orderID, placedAt, shippedAt, #state",
        ExpressionAttributeNames={"#state": "state"},
    )
    counts = Counts()
    row = None
    for number, row in enumerate(rows, 1):
        if number > MAX_ROWS:
            raise Invalid("too many orders", ["days: there are too many orders to count them"])
        placed = row["placedAt"]["S"]
        day = placed[: len("2026-11-29")]
        counts.orders[row["state"]["S"], day] += 1
        if "shippedAt" in row:
            taken = _time(row["shippedAt"]["S"]) - _time(placed)
            counts.seconds[day].append(round(taken.total_seconds()))
    counts.oldest = row and items.deserialize(row, ("orderID", "placedAt", "state"))
    return counts


def _time(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp)
