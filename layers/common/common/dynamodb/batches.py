"""Reading and writing many items: in parallel requests, each as large as DynamoDB allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from common.parallel import map_parallel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]
"""An item, or the key of one, in DynamoDB's format."""

# The limits of one request (DynamoDB API reference, BatchGetItem and BatchWriteItem).
_MAX_READS = 100
_MAX_WRITES = 25


def get_items(client: DynamoDBClient, table: str, keys: Iterable[Item]) -> list[Item]:
    """The items with these keys that exist, in no particular order. Reads are consistent."""

    def get(part: Sequence[Item]) -> list[Item]:
        found: list[Item] = []
        request: Any = {table: {"Keys": part, "ConsistentRead": True}}
        # The loop ends: every response makes progress, and DynamoDB raises if it read nothing.
        while request:
            response = client.batch_get_item(RequestItems=request)
            found += response["Responses"].get(table, [])
            request = response.get("UnprocessedKeys")
        return found

    parts = map_parallel(get, batched(keys, _MAX_READS, strict=False))
    return [item for part in parts for item in part]


def put_items(client: DynamoDBClient, table: str, items: Iterable[Item]) -> None:
    """Write the items. They replace items with the same keys."""
    _write(client, table, ({"PutRequest": {"Item": item}} for item in items))


def delete_items(client: DynamoDBClient, table: str, keys: Iterable[Item]) -> None:
    """Delete the items with these keys."""
    _write(client, table, ({"DeleteRequest": {"Key": key}} for key in keys))


def _write(client: DynamoDBClient, table: str, requests: Iterable[Item]) -> None:
    def write(part: Sequence[Item]) -> None:
        request: Any = {table: part}
        while request:
            request = client.batch_write_item(RequestItems=request).get("UnprocessedItems")

    map_parallel(write, batched(requests, _MAX_WRITES, strict=False))
