"""The template's tables in moto."""

from __future__ import annotations

import threading
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend

from common import aws
from project.fake_aws import SETTINGS, tables
from tests.simulator import partiql

__all__ = ["SETTINGS", "batch_execute_statement", "items", "tables"]


def items(table: str) -> list[dict[str, Any]]:
    """Every item of a table."""
    return aws.dynamodb().scan(TableName=table)["Items"]


_one_writer = threading.Lock()


def batch_execute_statement(
    backend: DynamoDBBackend, statements: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """For moto's own, which cannot read an INSERT with parameters."""
    try:
        inserts = partiql.inserts(statements)
    except partiql.Refused as refused:
        raise MockValidationException(str(refused)) from refused
    with _one_writer:
        return [_insert(backend, table, item) for table, item in inserts]


def _insert(backend: DynamoDBBackend, table: str, item: dict[str, Any]) -> dict[str, Any]:
    if table not in backend.tables:
        return partiql.error("ResourceNotFound")
    if flaw := partiql.flaw(item):
        return flaw
    if backend.get_item(table, {"orderID": item["orderID"]}):
        return partiql.error("DuplicateItem")
    backend.tables[table].put_item(item)
    return {"TableName": table}
