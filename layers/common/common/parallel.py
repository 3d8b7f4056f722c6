"""Requests to AWS in parallel threads, which spend their time waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from common.aws import PARALLEL_REQUESTS


def map_parallel[T, R](function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The function's results, in the order of the items. Raises the first exception."""
    return list(_threads().map(function, items))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PARALLEL_REQUESTS)
