"""The keys of the index `desk`, in which the shop finds the orders of all buyers.

An open order is under `open#<shard>`, every other one under the month in which it was placed, such
as `2026-11#<shard>`. The shards spread the writes: one key takes 1,000 write units per second
(DynamoDB developer guide, "Best practices for designing and using partition keys").
"""

from __future__ import annotations

import zlib

from common.order_states import OPEN, State

SHARDS = 8

_OPEN = "open"


def key(order_id: str, placed_at: str, state: State) -> str:
    """The key of an order."""
    shard = zlib.crc32(order_id.encode()) % SHARDS
    return f"{_OPEN if state in OPEN else month_of(placed_at)}#{shard}"


def open_keys() -> list[str]:
    """The keys of all open orders."""
    return _keys(_OPEN)


def closed_keys(month: str) -> list[str]:
    """The keys of the orders that were placed in this month and are not open any more."""
    return _keys(month)


def month_of(time: str) -> str:
    """The month of a timestamp or date: 2026-11."""
    return time[:7]


def _keys(part: str) -> list[str]:
    return [f"{part}#{shard}" for shard in range(SHARDS)]
