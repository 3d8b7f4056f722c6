"""The tables of a stack at an earlier time, and their rows in another stack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import batched
from typing import Any

from ops.restore.identities import Identities, Item
from ops.stack import DeployedStack

TABLES = (
    "UserNamesTable",
    "OrdersTable",
    "ImagesTable",
    "GroupsTable",
    "MessagesTable",
    "ConversationsTable",
)
"""The tables with a backup, apart from `ErasuresTable`, which must not be of an earlier time."""

_BATCH = 25  # rows per request, the most that BatchWriteItem accepts
_PAUSES = (0.1, 0.5, 2, 5, 10)
_POLL = {"Delay": 10, "MaxAttempts": 720}
"""A restore takes at least a quarter of an hour on AWS, and hours for a large table."""


class TableNotWritten(Exception):
    """DynamoDB has not accepted some rows, also after several attempts."""


class Copies:
    """Copies of the tables of a stack, as they were at a time; now, if none is given.

    DynamoDB restores a table only as a new one, so the copies exist until `delete`.
    """

    def __init__(self, stack: DeployedStack, at: datetime | None, name: str) -> None:
        self._client: Any = stack.client("dynamodb")
        tables = stack.resources("AWS::DynamoDB::Table")
        self._names = {table: f"{tables[table]}-{name}" for table in TABLES}
        when: dict[str, Any] = {"RestoreDateTime": at} if at else {"UseLatestRestorableTime": True}
        for table, copy in self._names.items():
            self._client.restore_table_to_point_in_time(
                SourceTableName=tables[table],
                TargetTableName=copy,
                # Indexes are not needed for reading everything, and take most of the time.
                GlobalSecondaryIndexOverride=[],
                **when,
            )

    def wait(self, poll: dict[str, int] | None = None) -> None:
        """Wait until all copies are complete."""
        for copy in self._names.values():
            waiter = self._client.get_waiter("table_exists")
            waiter.wait(TableName=copy, WaiterConfig=poll or _POLL)

    def rows(self, table: str) -> Iterator[Item]:
        """Return the rows of a table, by its logical id."""
        return scan(self._client, self._names[table])

    def delete(self) -> None:
        """Delete the copies."""
        for copy in self._names.values():
            self._client.delete_table(TableName=copy)


def load(copies: Copies, target: DeployedStack, identities: Identities) -> dict[str, int]:
    """Write the rows of all tables into a stack. Returns how many, by table. Can be repeated."""
    tables, client = target.resources("AWS::DynamoDB::Table"), target.client("dynamodb")

    def load_table(table: str) -> int:
        count = 0
        for rows in batched(copies.rows(table), _BATCH, strict=False):
            _write(client, tables[table], [identities.row(row) for row in rows])
            count += len(rows)
        return count

    with ThreadPoolExecutor(len(TABLES)) as threads:
        return dict(zip(TABLES, threads.map(load_table, TABLES), strict=True))


def scan(client: Any, table: str) -> Iterator[Item]:
    """Return all rows of a table."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return (item for page in pages for item in page["Items"])


def _write(client: Any, table: str, rows: list[Item]) -> None:
    """Raises TableNotWritten."""
    waiting = {table: [{"PutRequest": {"Item": row}} for row in rows]}
    for pause in (*_PAUSES, None):
        waiting = client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]
        if not waiting:
            return
        if pause is None:
            break
        time.sleep(pause)
    raise TableNotWritten(f"{table}: DynamoDB is throttled; run this again")
