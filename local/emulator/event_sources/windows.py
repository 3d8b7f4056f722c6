"""When Lambda invokes a function: its batch is full, or its batching window has ended.

Lambda guide, "Batching behavior".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

PAYLOAD_BYTES = 6_000_000
"""The maximum of an invocation (Lambda quotas)."""


def fitting(records: Sequence[Any]) -> int:
    """Return how many of the records fit into one invocation, at least one if there is one."""
    size = 0
    for count, record in enumerate(records):
        size += len(json.dumps(record))
        if count and size > PAYLOAD_BYTES:
            return count
    return len(records)


def seconds_left(mapping: Mapping[str, Any], count: int, opened: float, now: float) -> float:
    """Return how long a batch of so many items, the first one of them from `opened`, must wait."""
    if count >= mapping["BatchSize"]:
        return 0
    window: float = mapping.get("MaximumBatchingWindowInSeconds", 0)
    return max(0, opened + window - now)
