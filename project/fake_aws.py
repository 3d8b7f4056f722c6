"""AWS as moto emulates it, with the tables and buckets of the template."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from joserfc.jwk import RSAKey
from moto import mock_aws
from moto.core import models, responses
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.core.utils import method_names_from_class
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.responses import DynamoHandler

from common import aws
from project import functions, partiql, template

SETTINGS = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")

IMAGES_TABLE, IDEMPOTENCY_TABLE, GROUPS_TABLE = "ImagesTable", "IdempotencyTable", "GroupsTable"
IMAGES, THUMBNAILS = "ImagesBucket", "ThumbnailsBucket"


@contextmanager
def emulated_aws() -> Iterator[None]:
    """moto, whose DynamoDB is atomic here, and accepts INSERT statements with parameters."""
    call_action = DynamoHandler.call_action
    lock = threading.Lock()

    def call_one_at_a_time(handler: DynamoHandler) -> Any:
        # moto checks a condition and then writes, without a lock in between. Two conditional puts
        # of one key at the same time could both succeed, which DynamoDB rules out.
        with lock:
            return call_action(handler)

    with (
        # The functions send all requests with botocore. For those of the `requests` package, moto
        # would register 1,300 URLs each time.
        patch.object(models, "RESPONSES_METHODS", []),
        patch.object(responses, "method_names_from_class", _method_names_from_class),
        mock_aws(),
        patch.object(RSAKey, "import_key", _import_key),
        patch.object(XFormedAttributePicker, "get_possible_keys", _possible_keys),
        patch.object(DynamoHandler, "call_action", call_one_at_a_time),
        patch.object(DynamoDBBackend, "batch_execute_statement", _batch_execute_statement),
    ):
        yield


@contextmanager
def tables(*logical_ids: str) -> Iterator[None]:
    """These tables, empty, under their logical IDs."""
    with emulated_aws():
        functions.forget_clients()
        for name in logical_ids:
            create_table(name)
        yield
    functions.forget_clients()


@contextmanager
def all_tables() -> Iterator[None]:
    """All tables of the template, empty, under their logical IDs."""
    resources = template.translated()["Resources"].items()
    names = [name for name, each in resources if each["Type"] == "AWS::DynamoDB::Table"]
    with tables(*names):
        yield


@contextmanager
def image_stores() -> Iterator[None]:
    """The empty tables and buckets of the image functions."""
    with tables(IMAGES_TABLE, IDEMPOTENCY_TABLE, GROUPS_TABLE):
        for bucket in (IMAGES, THUMBNAILS):
            aws.s3().create_bucket(Bucket=bucket)
        yield


def create_table(logical_id: str) -> None:
    """A table of the template, under its logical ID.

    It is a copy of the one that CreateTable made first. The requests of all tests would take a
    fifth of their time.
    """
    region = aws.dynamodb().meta.region_name
    _tables(region)[logical_id] = copy.deepcopy(_new_table(logical_id, region))


@cache
def _new_table(logical_id: str, region: str) -> Any:
    properties = functions.resource(logical_id)
    settings = {key: properties[key] for key in SETTINGS if key in properties}
    aws.dynamodb().create_table(TableName=logical_id, **settings)
    return _tables(region).pop(logical_id)


def _tables(region: str) -> dict[str, Any]:
    """moto's tables by name."""
    backend: DynamoDBBackend = dynamodb_backends[DEFAULT_ACCOUNT_ID][region]
    return backend.tables


def items(table: str) -> list[dict[str, Any]]:
    """Every item of a table."""
    return aws.dynamodb().scan(TableName=table)["Items"]


# moto inspects the class again for each request.
_method_names_from_class = cache(method_names_from_class)

_possible_keys_of_object = XFormedAttributePicker.get_possible_keys


def _possible_keys(picker: Any, context: AttributePickerContext) -> Iterator[str]:
    """For each value of each item of a response, moto asks four classes for other names.

    That takes a tenth of the time of the tests, and a dictionary has no other names.
    """
    if isinstance(context.obj, dict) and context.key in context.obj:
        return iter((context.key,))
    return _possible_keys_of_object(picker, context)


_import_rsa_key = RSAKey.import_key
_keys: dict[str, Any] = {}


def _import_key(key: Any) -> Any:
    """moto imports the same key for each user pool. Finding its factors takes 0.25 s."""
    if key["n"] not in _keys:
        _keys[key["n"]] = _import_rsa_key(key)
    return _keys[key["n"]]


def _batch_execute_statement(
    backend: DynamoDBBackend, statements: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Instead of moto's own, which cannot read an INSERT with parameters."""
    try:
        inserts = partiql.inserts(statements)
    except partiql.Refused as refused:
        raise MockValidationException(str(refused)) from refused
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
