"""The template's tables in moto."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto import mock_aws
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend

from common import aws
from tests import support
from tests.simulator import partiql

SETTINGS = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


@contextmanager
def tables(*logical_ids: str) -> Iterator[None]:
    """These tables, empty, under their logical ids."""
    with mock_aws():
        support.forget_clients()
        for name in logical_ids:
            properties = support.resource(name)
            settings = {key: properties[key] for key in SETTINGS if key in properties}
            aws.dynamodb().create_table(TableName=name, **settings)
        yield
    support.forget_clients()


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
