"""What was already published for the records of a batch that failed in part.

Lambda retries a failed stream batch from its first failed record on, or in two halves, so that
records which succeeded are processed again. Therefore a batch that fails, and only such a batch,
stores its progress per record, for all of its records. However Lambda splits it, a retried batch
begins with one of them, and a new batch does not. So a new batch reads one record's progress.
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
        """The stored progress of the records of a batch."""
        first, *rest = event_ids
        items = self._items([first])
        if items:
            items += self._items(rest)
        return Progress(
            # Before this attribute existed, only published records were stored.
            published=_where("published", items, default=True),
            on_bus=_where("onBus", items),
            mailed=_where("mailed", items),
        )

    def save(self, event_ids: Iterable[str], progress: Progress) -> None:
        """Store the progress for the retries of a batch with these records."""
        expiration = str(int(time.time()) + _KEPT_SECONDS)
        items = (
            _key(event_id)
            | {
                "eventID": {"S": event_id},
                "published": {"BOOL": event_id in progress.published},
                "onBus": {"BOOL": event_id in progress.on_bus},
                "mailed": {"BOOL": event_id in progress.mailed},
                "expiration": {"N": expiration},
            }
            for event_id in event_ids
        )
        batches.put_items(self._client, self._table, items)

    def _items(self, event_ids: Iterable[str]) -> list[batches.Item]:
        return batches.get_items(self._client, self._table, map(_key, event_ids))


def _where(name: str, items: Iterable[batches.Item], *, default: bool = False) -> frozenset[str]:
    """The eventIDs of the items in which this attribute is true."""
    return frozenset(
        item["eventID"]["S"] for item in items if item.get(name, {"BOOL": default})["BOOL"]
    )


def _key(event_id: str) -> dict[str, Any]:
    return {"id": {"S": f"orders_publisher#{event_id}"}}
