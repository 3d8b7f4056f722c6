"""Batch requests: as large as DynamoDB allows, and retried until everything is processed."""

from __future__ import annotations

from typing import Any

from common.dynamodb import batches

TABLE = "Table"


class Partial:
    """A stub of DynamoDB that processes only half of every request."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.largest_request = 0

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        keys = RequestItems[TABLE]["Keys"]
        done, left = self._split(keys)
        found = [self.items[key["id"]["S"]] for key in done if key["id"]["S"] in self.items]
        unprocessed = {TABLE: RequestItems[TABLE] | {"Keys": left}} if left else {}
        return {"Responses": {TABLE: found}, "UnprocessedKeys": unprocessed}

    def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        done, left = self._split(RequestItems[TABLE])
        for request in done:
            match request:
                case {"PutRequest": {"Item": item}}:
                    self.items[item["id"]["S"]] = item
                case {"DeleteRequest": {"Key": key}}:
                    del self.items[key["id"]["S"]]
        return {"UnprocessedItems": {TABLE: left} if left else {}}

    def _split(self, entries: Any) -> tuple[list[Any], list[Any]]:
        self.largest_request = max(self.largest_request, len(entries))
        half = (len(entries) + 1) // 2
        return list(entries[:half]), list(entries[half:])


def keys(count: int) -> list[dict[str, Any]]:
    return [{"id": {"S": str(number)}} for number in range(count)]


def test_unprocessed_items_are_retried() -> None:
    client: Any = Partial()

    batches.put_items(client, TABLE, keys(60))
    found = batches.get_items(client, TABLE, keys(250))
    batches.delete_items(client, TABLE, keys(60))

    assert sorted(item["id"]["S"] for item in found) == sorted(key["id"]["S"] for key in keys(60))
    assert client.items == {}


def test_a_request_is_not_larger_than_dynamodb_allows() -> None:
    writing: Any = Partial()
    reading: Any = Partial()

    batches.put_items(writing, TABLE, keys(60))
    batches.get_items(reading, TABLE, keys(250))

    assert (writing.largest_request, reading.largest_request) == (25, 100)


def test_an_empty_batch_sends_no_request() -> None:
    client: Any = None

    batches.put_items(client, TABLE, [])
    batches.delete_items(client, TABLE, [])

    assert batches.get_items(client, TABLE, []) == []
