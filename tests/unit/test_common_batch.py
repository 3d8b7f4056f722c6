"""Work side by side."""

from __future__ import annotations

import threading

import pytest

from common.aws import PARALLEL_REQUESTS
from common.batch import side_by_side


def test_results_come_in_the_order_of_the_items() -> None:
    assert side_by_side(str, range(100)) == [str(number) for number in range(100)]


def test_nothing_to_do_is_no_result() -> None:
    assert side_by_side(str, []) == []


def test_requests_are_under_way_at_once() -> None:
    together = threading.Barrier(PARALLEL_REQUESTS, timeout=10)

    places = side_by_side(lambda _: together.wait(), range(PARALLEL_REQUESTS))

    assert sorted(places) == list(range(PARALLEL_REQUESTS))


def test_an_exception_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda number: 1 / number, [1, 0])
