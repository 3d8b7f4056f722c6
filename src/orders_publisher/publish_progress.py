"""What was already published for the records of a batch that failed in part.

Lambda retries a failed stream batch from its first failed record on, or in two halves, so that
records which succeeded are processed again. Therefore a batch that fails, and only such a batch,
stores its progress per record. One read request per hundred records finds it, however Lambda
splits the batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.dynamodb import batches

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS = 14 * 24 * 3600  # as long as failed batches can be replayed


@dataclass(frozen=True, slots=True)
class Progress:
    """The eventIDs of the changes whose event is on the topic, of those on the bus, and mailed."""

    published: frozenset[str] = frozenset()
    on_bus: frozenset[str] = frozenset()
    mailed: frozenset[str] = frozenset()


class ProgressTable:
    """The idempotency table, in which this function uses keys with a prefix of its own."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def get(self, event_ids: Iterable[str]) -> Progress:
        """The stored progress of these records."""
        items = batches.get_items(self._client, self._table, map(_key, event_ids))
        return Progress(
            published=frozenset(item["eventID"]["S"] for item in items),
            on_bus=_with(items, "onBus"),
            mailed=_with(items, "mailed"),
        )

    def save(self, progress: Progress) -> None:
        """Store the progress for the retries of these records."""
        expiration = str(int(time.time()) + _KEPT_SECONDS)
        items = (
            _key(event_id)
            | {
                "eventID": {"S": event_id},
                "onBus": {"BOOL": event_id in progress.on_bus},
                "mailed": {"BOOL": event_id in progress.mailed},
                "expiration": {"N": expiration},
            }
            for event_id in sorted(progress.published)
        )
        batches.put_items(self._client, self._table, items)


def _with(items: list[dict[str, Any]], stage: str) -> frozenset[str]:
    """The eventIDs that have completed a stage. Items of earlier releases do not know the bus."""
    return frozenset(item["eventID"]["S"] for item in items if item.get(stage, {}).get("BOOL"))


def _key(event_id: str) -> dict[str, Any]:
    return {"id": {"S": f"orders_publisher#{event_id}"}}
