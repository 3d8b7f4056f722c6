"""Parallel work."""

from __future__ import annotations

import threading

import pytest

from common.aws import PARALLEL_REQUESTS
from common.parallel import map_parallel


def test_results_are_in_the_order_of_the_items() -> None:
    assert map_parallel(str, range(100)) == [str(number) for number in range(100)]


def test_an_empty_list_has_no_results() -> None:
    assert map_parallel(str, []) == []


def test_calls_run_in_parallel() -> None:
    together = threading.Barrier(PARALLEL_REQUESTS, timeout=10)

    places = map_parallel(lambda _: together.wait(), range(PARALLEL_REQUESTS))

    assert sorted(places) == list(range(PARALLEL_REQUESTS))


def test_an_exception_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        map_parallel(lambda number: 1 / number, [1, 0])
