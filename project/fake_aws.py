"""The template's tables and buckets in moto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from moto import mock_aws

from common import aws
from project import functions

SETTINGS = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")

IMAGES_TABLE, IDEMPOTENCY_TABLE, GROUPS_TABLE = "ImagesTable", "IdempotencyTable", "GroupsTable"
IMAGES, THUMBNAILS = "ImagesBucket", "ThumbnailsBucket"


@contextmanager
def tables(*logical_ids: str) -> Iterator[None]:
    """Empty tables, named by their logical ids."""
    with mock_aws():
        functions.forget_clients()
        for name in logical_ids:
            properties = functions.resource(name)
            settings = {key: properties[key] for key in SETTINGS if key in properties}
            aws.dynamodb().create_table(TableName=name, **settings)
        yield
    functions.forget_clients()


@contextmanager
def image_stores() -> Iterator[None]:
    """The empty tables and buckets of the image functions."""
    with tables(IMAGES_TABLE, IDEMPOTENCY_TABLE, GROUPS_TABLE):
        for bucket in (IMAGES, THUMBNAILS):
            aws.s3().create_bucket(Bucket=bucket)
        yield
