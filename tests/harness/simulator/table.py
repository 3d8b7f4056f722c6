"""DynamoDB: the orders table with its stream, and the idempotency table."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from project import functions, partiql
from tests.harness.simulator.faults import Faults, error
from tests.harness.simulator.updates import ConditionalCheckFailedException, updated

Item = dict[str, Any]


class DynamoDB:
    """A client with the functions' operations, for tables with only a partition key."""

    class exceptions:  # noqa: N801  # as of botocore's clients
        ConditionalCheckFailedException = ConditionalCheckFailedException

    def __init__(self, faults: Faults, on_change: Callable[[str, Item], None]) -> None:
        self.faults = faults
        self._on_change = on_change  # adds changes of the orders table to the stream
        self.tables: dict[str, dict[str, Item]] = {"OrdersTable": {}, "IdempotencyTable": {}}
        self.throttled: set[str] = set()
        """The orderIDs whose statements are refused."""
        self.meanwhile: list[Callable[[], None]] = []
        """What others do before the next update, after its client has read the item."""

    def batch_execute_statement(self, *, Statements: list[Any]) -> dict[str, Any]:  # noqa: N803
        def execute() -> dict[str, Any]:
            try:
                inserts = partiql.inserts(Statements)
            except partiql.Refused as refused:
                raise error("ValidationException", "BatchExecuteStatement") from refused
            return {"Responses": [self._insert(table, item) for table, item in inserts]}

        return self.faults.around("BatchExecuteStatement", execute, partial=True)

    def _insert(self, table: str, item: Item) -> dict[str, Any]:
        if table not in self.tables:
            return partiql.error("ResourceNotFound")
        refused = self.faults.entry_refused("BatchExecuteStatement")
        if refused or _key(table, item) in self.throttled:
            return partiql.error("ThrottlingError")
        if flaw := partiql.flaw(item):
            return flaw
        if _key(table, item) in self.tables[table]:
            return partiql.error("DuplicateItem")
        self.put(table, item)
        return {"TableName": table}

    def batch_get_item(self, *, RequestItems: Item) -> dict[str, Any]:  # noqa: N803
        def read() -> dict[str, Any]:
            [(table, request)] = RequestItems.items()
            assert request["ConsistentRead"]
            assert 1 <= len(request["Keys"]) <= 100
            keys = [_key(table, key) for key in request["Keys"]]
            assert len(set(keys)) == len(keys)
            items = [self.tables[table][key] for key in keys if key in self.tables[table]]
            return {"Responses": {table: copy.deepcopy(items)}, "UnprocessedKeys": {}}

        return self.faults.around("BatchGetItem", read)

    def batch_write_item(self, *, RequestItems: Item) -> dict[str, Any]:  # noqa: N803
        def write() -> dict[str, Any]:
            [(table, requests)] = RequestItems.items()
            assert 1 <= len(requests) <= 25
            for request in requests:
                self.put(table, request["PutRequest"]["Item"])
            return {"UnprocessedItems": {}}

        return self.faults.around("BatchWriteItem", write)

    def get_item(
        self,
        *,
        TableName: str,  # noqa: N803
        Key: Item,  # noqa: N803
        ConsistentRead: bool,  # noqa: N803
    ) -> dict[str, Any]:
        assert ConsistentRead
        item = self.tables[TableName].get(_key(TableName, Key))
        return {"Item": copy.deepcopy(item)} if item else {}

    def put_item(self, *, TableName: str, Item: Item) -> dict[str, Any]:  # noqa: N803
        def write() -> dict[str, Any]:
            self.put(TableName, Item)
            return {}

        return self.faults.around("PutItem", write)

    def update_item(self, *, TableName: str, Key: Item, **request: Any) -> dict[str, Any]:  # noqa: N803
        if self.meanwhile:
            self.meanwhile.pop()()

        def write() -> dict[str, Any]:
            before = self.tables[TableName].get(_key(TableName, Key))
            after = updated(TableName, before, {"Key": Key, **request})
            self.put(TableName, after)
            return {"Attributes": copy.deepcopy(after)}

        return self.faults.around("UpdateItem", write)

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
    [key] = functions.resource(table)["KeySchema"]
    return str(item[key["AttributeName"]]["S"])
