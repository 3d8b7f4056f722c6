"""The template's tables in moto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto import mock_aws

from common import aws
from tests import support

_SETTINGS = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


@contextmanager
def tables(*logical_ids: str) -> Iterator[None]:
    """These tables, empty, under their logical ids."""
    with mock_aws():
        support.forget_clients()
        for name in logical_ids:
            properties = support.resource(name)
            settings = {key: properties[key] for key in _SETTINGS if key in properties}
            aws.dynamodb().create_table(TableName=name, **settings)
        yield
    support.forget_clients()


def items(table: str) -> list[dict[str, Any]]:
    """Every item of a table."""
    return aws.dynamodb().scan(TableName=table)["Items"]
