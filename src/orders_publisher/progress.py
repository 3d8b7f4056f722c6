"""How far each order of a batch came before the batch failed in part.

A stream batch that fails comes again, from its first failed record on or split in two, with
records that went well. So the failing path, and it alone, writes down what is done of each;
one read for a hundred records finds it, however Lambda cuts the batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from common.parallel import map_parallel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS = 14 * 24 * 3600  # as long as failed batches wait for a replay

# What one request takes (DynamoDB API reference, BatchGetItem and BatchWriteItem).
_READ_ITEMS = 100
_WRITE_ITEMS = 25


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

    def of(self, event_ids: Iterable[str]) -> Progress:
        """The progress of these records."""
        found = map_parallel(self._read, batched(event_ids, _READ_ITEMS, strict=False))
        items = [item for part in found for item in part]
        return Progress(
            published=frozenset(item["eventID"]["S"] for item in items),
            mailed=frozenset(item["eventID"]["S"] for item in items if item["mailed"]["BOOL"]),
        )

    def save(self, progress: Progress) -> None:
        """Note it for the batches that these records come again with."""
        expiration = str(int(time.time()) + _KEPT_SECONDS)
        items = [
            _key(event_id)
            | {
                "eventID": {"S": event_id},
                "mailed": {"BOOL": event_id in progress.mailed},
                "expiration": {"N": expiration},
            }
            for event_id in sorted(progress.published)
        ]
        map_parallel(self._write, batched(items, _WRITE_ITEMS, strict=False))

    def _read(self, event_ids: tuple[str, ...]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        request: Any = {
            self._table: {"Keys": [_key(i) for i in event_ids], "ConsistentRead": True},
        }
        while request:  # each answer leaves less: where nothing is read, DynamoDB raises
            answer = self._client.batch_get_item(RequestItems=request)
            found += answer["Responses"].get(self._table, [])
            request = answer.get("UnprocessedKeys")
        return found

    def _write(self, items: tuple[dict[str, Any], ...]) -> None:
        request: Any = {self._table: [{"PutRequest": {"Item": item}} for item in items]}
        while request:
            request = self._client.batch_write_item(RequestItems=request).get("UnprocessedItems")


def _key(event_id: str) -> dict[str, Any]:
    return {"id": {"S": f"orders_publisher#{event_id}"}}
