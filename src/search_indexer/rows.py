"""The rows of four tables, read as they are now, and what the index shall say of them.

A change's version is the time before its row was read. Whoever handles the last record of a
row starts after the row's last change, so that nobody who missed that change has a later time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import batched
from typing import Any

import documents
from documents import Document, Item
from index import Change

from common import aws
from common.parallel import map_parallel

type Key = dict[str, Any]

_READ_ITEMS = 100  # what one request takes (DynamoDB API reference, BatchGetItem)
_PAGE_ROWS = 500  # whose documents are far below the 10 MiB of a request to a small domain


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `key` names its key attributes, the last of which is the ID."""

    type: str
    name: str
    key: tuple[str, ...]
    document: Callable[[Item], Document]

    def document_key(self, row: Item) -> str:
        """The key of the document of a row, or of its key."""
        return f"{self.type}:{row[self.key[-1]]['S']}"

    def read(self, keys: Iterable[Key]) -> list[Change]:
        """What is to be said of the rows of these keys."""
        version = time.time_ns()
        wanted = {self.document_key(key): key for key in keys}
        parts = map_parallel(self._read, batched(wanted.values(), _READ_ITEMS, strict=False))
        changes = self._changes([item for part in parts for item in part], version)
        there = {change.key for change in changes}
        return [*changes, *(Change(key, version) for key in wanted if key not in there)]

    def scan(self, start: Key | None) -> tuple[list[Change], Key | None]:
        """What is to be said of a page of rows, and the key that the next one starts behind."""
        version = time.time_ns()
        page: Any = {"ExclusiveStartKey": start} if start else {}
        answer = aws.dynamodb().scan(
            TableName=self.name, ConsistentRead=True, Limit=_PAGE_ROWS, **page
        )
        return self._changes(answer["Items"], version), answer.get("LastEvaluatedKey")

    def _read(self, keys: Sequence[Key]) -> list[Item]:
        found: list[Item] = []
        request: Any = {self.name: {"Keys": keys, "ConsistentRead": True}}
        while request:  # each answer leaves less: where nothing is read, DynamoDB raises
            answer = aws.dynamodb().batch_get_item(RequestItems=request)
            found += answer["Responses"].get(self.name, [])
            request = answer.get("UnprocessedKeys")
        return found

    def _changes(self, items: Iterable[Item], version: int) -> list[Change]:
        return map_parallel(lambda item: self._change(item, version), items)

    def _change(self, item: Item, version: int) -> Change:
        key = self.document_key(item)
        try:
            document = {"key": key, "type": self.type, **self.document(item)}
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            return Change(key, version, problem=type(error).__name__)
        return Change(key, version, document)


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
    """The table whose rows have such a key."""
    [table] = (table for table in tables() if set(table.key) == set(key))
    return table


def images_in(group_id: str) -> Iterator[list[Change]]:
    """What is to be said of the images in a group, page by page."""
    request: Any = {
        "TableName": aws.env("IMAGES_TABLE"),
        "IndexName": "groupID",
        "KeyConditionExpression": "groupID = :group",
        "ExpressionAttributeValues": {":group": {"S": group_id}},
        "ProjectionExpression": "imageID",
        "Limit": _PAGE_ROWS,
    }
    while request:
        answer = aws.dynamodb().query(**request)
        if answer["Items"]:
            yield table_of(answer["Items"][0]).read(answer["Items"])
        last = answer.get("LastEvaluatedKey")
        request = request | {"ExclusiveStartKey": last} if last else None
