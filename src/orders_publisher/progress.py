"""How far a batch came before it failed in part.

A stream batch that fails in part comes again from its first failed record on, with the
later records that went well. So the failing path, and it alone, writes down which of them
are done, under the eventID of the record that the next batch will begin with; one read a
batch finds it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS = 14 * 24 * 3600  # as long as failed batches wait for a replay


@dataclass(frozen=True, slots=True)
class Progress:
    """The eventIDs whose event is published, and those that an email has told of."""

    published: frozenset[str] = frozenset()
    mailed: frozenset[str] = frozenset()


class ProgressTable:
    """The idempotency table, under keys of our own."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def of(self, first_event_id: str) -> Progress:
        """The progress of the batch that begins with this record."""
        answer = self._client.get_item(
            TableName=self._table, Key=_key(first_event_id), ConsistentRead=True
        )
        item = answer.get("Item", {})
        return Progress(
            frozenset(item.get("published", {}).get("SS", ())),
            frozenset(item.get("mailed", {}).get("SS", ())),
        )

    def save(self, first_event_id: str, progress: Progress) -> None:
        """Note it for the batch that will begin with this record."""
        sets = {"published": progress.published, "mailed": progress.mailed}
        self._client.put_item(
            TableName=self._table,
            Item=_key(first_event_id)
            | {"expiration": {"N": str(int(time.time()) + _KEPT_SECONDS)}}
            # DynamoDB has no empty set.
            | {name: {"SS": sorted(done)} for name, done in sets.items() if done},
        )


def _key(first_event_id: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": f"orders_publisher#{first_event_id}"}}
