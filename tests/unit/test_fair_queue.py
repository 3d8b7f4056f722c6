"""A rush of one buyer delays only the orders of that buyer."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import fairness
from bench.fairness import FairQueue


def queue(*groups: tuple[str, int]) -> FairQueue:
    """Return a queue with this number of orders of each buyer, oldest first."""
    made = FairQueue()
    for second, (buyer, count) in enumerate(groups):
        for _ in range(count):
            made.send((second, buyer))
    return made


def received(queue: FairQueue, most: int, now: float = 10) -> dict[str, int]:
    return dict(Counter(buyer for _, buyer in queue.receive(most, now)))


@pytest.mark.slow
def test_during_a_rush_the_orders_of_others_take_at_most_twice_their_usual_time() -> None:
    """fault 63"""
    usual = fairness.p99("quiet", rush=False, fair=True)

    assert fairness.p99("quiet", rush=True, fair=True) <= fairness.MAX_TIMES_USUAL * usual
    assert fairness.p99("quiet", rush=True, fair=False) > fairness.MAX_TIMES_USUAL * usual


def test_a_queue_without_a_noisy_group_delivers_the_oldest_orders_first() -> None:
    """fault 63"""
    assert received(queue(("ada", 20), ("ben", 20)), 25) == {"ada": 20, "ben": 5}


def test_a_group_with_more_than_a_tenth_of_the_orders_in_flight_is_delivered_last() -> None:
    """fault 63"""
    fair = queue(("ada", 100), ("ben", 20))
    received(fair, 30)

    assert received(fair, 25) == {"ben": 20, "ada": 5}


def test_of_two_noisy_groups_the_one_with_fewer_orders_in_flight_is_delivered_first() -> None:
    """fault 63"""
    fair = queue(("ada", 100), ("ben", 100))
    received(fair, 140)

    assert received(fair, 10) == {"ben": 10}


@pytest.mark.parametrize(("more", "later"), [(0, 0), (100, 300)], ids=["no backlog", "5 minutes"])
def test_a_noisy_group_becomes_quiet_again(more: int, later: int) -> None:
    """fault 63"""
    fair = queue(("ada", 40 + more), ("ben", 0))
    first = fair.receive(40, now=10)
    received(fair, 0, now=11)
    fair.delete(first)
    received(fair, 0, now=12)
    for buyer in ("ada", "ben"):
        fair.send((13, buyer))

    assert received(fair, 1, now=14 + later) == {"ada": 1}
