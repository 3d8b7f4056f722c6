"""What a client of DynamoDB requests, in the units that the engine reports."""

from __future__ import annotations

from collections import Counter
from typing import Any

_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}


class Meter:
    """Counts a client's `requests`, `read units` and `write units`, indexes included.

    The write units of an index are also counted by themselves: `write units of desk`.
    """

    def __init__(self, client: Any) -> None:
        self.counts: Counter[str] = Counter()
        events = client.meta.events
        events.register("provide-client-params.dynamodb", self._ask)
        events.register("after-call.dynamodb", self._count)

    def take(self) -> Counter[str]:
        """The counts since the last call."""
        taken = self.counts.copy()
        self.counts.clear()
        return taken

    def _ask(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return params | {"ReturnConsumedCapacity": "INDEXES"}

    def _count(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        kind = "write units" if model.name in _WRITES else "read units"
        consumed = parsed.get("ConsumedCapacity", [])
        for each in consumed if isinstance(consumed, list) else [consumed]:
            self.counts[kind] += each["CapacityUnits"]
            for index, part in each.get("GlobalSecondaryIndexes", {}).items():
                self.counts[f"{kind} of {index}"] += part["CapacityUnits"]
        self.counts["requests"] += 1
