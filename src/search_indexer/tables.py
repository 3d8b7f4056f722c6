"""The four tables that are indexed: reading their rows as they are now, as changes of documents.

The version of a change is the time before its row was read. Whoever handles the last record of a
row reads it after its last change, so a stale reader always has a lower version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import documents
from documents import Document, Item
from index import Change, Read

from common import aws
from common.dynamodb import batches
from common.parallel import map_parallel

type Key = dict[str, Any]

_PAGE_ROWS = 500  # their documents stay far below the 10 MiB that a small domain accepts


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `key` contains the names of its key attributes, with the ID last."""

    type: str
    name: str
    key: tuple[str, ...]
    document: Callable[[Item], Document]

    def document_key(self, row: Item) -> str:
        """The key of a row's document. `row` is the row or its key."""
        return f"{self.type}:{row[self.key[-1]]['S']}"

    def read(self, keys: Iterable[Key]) -> list[Change]:
        """The changes of the documents of these rows. A row that does not exist is a deletion."""
        read = Read.begin()
        by_document = {self.document_key(key): key for key in keys}
        rows = batches.get_items(aws.dynamodb(), self.name, by_document.values())
        changes = self._changes(rows, read)
        found = {change.key for change in changes}
        return [*changes, *(Change(key, read) for key in by_document if key not in found)]

    def scan(self, start: Key | None) -> tuple[list[Change], Key | None]:
        """The changes of a page of rows, and the key that the next page starts after."""
        read = Read.begin()
        page: Any = {"ExclusiveStartKey": start} if start else {}
        response = aws.dynamodb().scan(
            TableName=self.name, ConsistentRead=True, Limit=_PAGE_ROWS, **page
        )
        return self._changes(response["Items"], read), response.get("LastEvaluatedKey")

    def _changes(self, rows: Iterable[Item], read: Read) -> list[Change]:
        return map_parallel(lambda row: self._change(row, read), rows)

    def _change(self, row: Item, read: Read) -> Change:
        key = self.document_key(row)
        try:
            document = {"key": key, "type": self.type, **self.document(row)}
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            return Change(key, read, problem=type(error).__name__)
        return Change(key, read, document)


@cache
def tables() -> tuple[Table, ...]:
    """The deployed tables."""
    return (
        Table("order", aws.env("ORDERS_TABLE"), ("orderID",), documents.of_order),
        Table("image", aws.env("IMAGES_TABLE"), ("imageID",), documents.of_image),
        Table("group", aws.env("GROUPS_TABLE"), ("groupID",), documents.of_group),
        Table(
            "message",
            aws.env("MESSAGES_TABLE"),
            ("conversation", "messageID"),
            documents.of_message,
        ),
    )


def table_of(key: Key) -> Table:
    """The table with this key schema."""
    [table] = (table for table in tables() if set(table.key) == set(key))
    return table


def images_in(group_id: str) -> Iterator[list[Change]]:
    """The changes of the images in a group, page by page."""
    request: Any = {
        "TableName": aws.env("IMAGES_TABLE"),
        "IndexName": "groupID",
        "KeyConditionExpression": "groupID = :group",
        "ExpressionAttributeValues": {":group": {"S": group_id}},
        "ProjectionExpression": "imageID",
        "Limit": _PAGE_ROWS,
    }
    while request:
        response = aws.dynamodb().query(**request)
        if response["Items"]:
            yield table_of(response["Items"][0]).read(response["Items"])
        last = response.get("LastEvaluatedKey")
        request = request | {"ExclusiveStartKey": last} if last else None
