"""docs/data-model.md, "The desk": no key of the index takes too many writes."""

from __future__ import annotations

import random
import uuid
from collections import Counter, deque
from datetime import UTC, datetime

import pytest

from common import order_desk
from common.order_states import State

pytestmark = pytest.mark.slow

ORDERS_PER_SECOND = 1000
KEY_LIMIT = 1000  # write units per second (DynamoDB developer guide)

NOW = datetime(2026, 11, 29, tzinfo=UTC).isoformat()


def writes_of_a_minute() -> list[Counter[str]]:
    """Return how many writes each key takes, second by second.

    As many orders are placed as go into each of the later states, from 5 seconds to 20 after the
    placing.
    """
    chance = random.Random(1)
    life = [State.PLACED, State.ACCEPTED, State.PACKED, State.SHIPPED, State.DELIVERED]
    waiting: list[deque[str]] = [deque() for _ in life]
    seconds = []
    for _ in range(80):
        written = Counter[str]()
        for number in reversed(range(1, len(life))):
            for _ in range(min(ORDERS_PER_SECOND, len(waiting[number - 1]) - 5000)):
                order_id = waiting[number - 1].popleft()
                waiting[number].append(order_id)
                keys = [
                    order_desk.key(order_id, NOW, state) for state in life[number - 1 : number + 1]
                ]
                written.update(set(keys))  # the row moves if they differ
        for _ in range(ORDERS_PER_SECOND):
            order_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
            waiting[0].append(order_id)
            written[order_desk.key(order_id, NOW, State.PLACED)] += 1
        seconds.append(written)
    return seconds[-60:]


def test_no_key_of_the_desk_takes_more_than_600_writes_per_second() -> None:
    seconds = writes_of_a_minute()

    assert sum(seconds[-1].values()) == 6 * ORDERS_PER_SECOND
    assert max(max(written.values()) for written in seconds) <= 600
    assert {key for written in seconds for key in written} == {
        *order_desk.open_keys(),
        *order_desk.closed_keys("2026-11"),
    }


def test_one_key_for_all_open_orders_would_take_too_many() -> None:
    written = writes_of_a_minute()[-1]

    assert sum(written[key] for key in order_desk.open_keys()) == 4 * KEY_LIMIT
