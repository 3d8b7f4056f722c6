"""DynamoDB: the orders table with its stream, and the idempotency table."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests import support
from tests.simulator.faults import Faults

Item = dict[str, Any]


class ConditionalCheckFailedException(ClientError):
    """The class that boto3 puts on a client's `exceptions`."""


class DynamoDB:
    """The requests that the functions make, on tables with a partition key only."""

    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionalCheckFailedException)

    def __init__(self, faults: Faults, on_change: Callable[[str, Item], None]) -> None:
        self._faults = faults
        self._on_change = on_change  # of the orders table: the stream
        self.tables: dict[str, dict[str, Item]] = {"OrdersTable": {}, "IdempotencyTable": {}}

    def put_item(
        self,
        *,
        TableName: str,  # noqa: N803
        Item: Item,  # noqa: N803
        ConditionExpression: str,  # noqa: N803
        ReturnValuesOnConditionCheckFailure: str,  # noqa: N803
    ) -> dict[str, Any]:
        assert (ConditionExpression, ReturnValuesOnConditionCheckFailure) == (
            "attribute_not_exists(orderID)",
            "ALL_OLD",
        )

        def put() -> dict[str, Any]:
            standing = self.tables[TableName].get(_key(TableName, Item))
            if standing is not None:
                raise ConditionalCheckFailedException(
                    {  # type: ignore[typeddict-unknown-key]
                        "Error": {"Code": "ConditionalCheckFailedException", "Message": ""},
                        "Item": standing,
                    },
                    "PutItem",
                )
            self.put(TableName, Item)
            return {}

        return self._faults.around("PutItem", put)

    def batch_get_item(self, *, RequestItems: Item) -> dict[str, Any]:  # noqa: N803
        def read() -> dict[str, Any]:
            [(table, request)] = RequestItems.items()
            assert request["ConsistentRead"]
            assert 1 <= len(request["Keys"]) <= 100
            keys = [_key(table, key) for key in request["Keys"]]
            assert len(set(keys)) == len(keys)
            items = [self.tables[table][key] for key in keys if key in self.tables[table]]
            return {"Responses": {table: copy.deepcopy(items)}, "UnprocessedKeys": {}}

        return self._faults.around("BatchGetItem", read)

    def batch_write_item(self, *, RequestItems: Item) -> dict[str, Any]:  # noqa: N803
        def write() -> dict[str, Any]:
            [(table, requests)] = RequestItems.items()
            assert 1 <= len(requests) <= 25
            for request in requests:
                self.put(table, request["PutRequest"]["Item"])
            return {"UnprocessedItems": {}}

        return self._faults.around("BatchWriteItem", write)

    def put(self, table: str, item: Item) -> None:
        """Write an item. A put that changes nothing leaves no record on the stream."""
        items, key = self.tables[table], _key(table, item)
        before, items[key] = items.get(key), copy.deepcopy(item)
        if table == "OrdersTable" and before != item:
            self._on_change("MODIFY" if before else "INSERT", items[key])

    def delete(self, table: str, key: str) -> None:
        """Delete an item."""
        item = self.tables[table].pop(key)
        if table == "OrdersTable":
            self._on_change("REMOVE", item)


def _key(table: str, item: Item) -> str:
    [key] = support.resource(table)["KeySchema"]
    return str(item[key["AttributeName"]]["S"])
