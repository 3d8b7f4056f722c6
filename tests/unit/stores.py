"""The images' tables and buckets in moto, as the template has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from moto import mock_aws

from common import aws
from tests import support

IMAGES_TABLE, IDEMPOTENCY_TABLE = "ImagesTable", "IdempotencyTable"
IMAGES, THUMBNAILS = "ImagesBucket", "ThumbnailsBucket"

_OF_A_TABLE = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


@contextmanager
def stores() -> Iterator[None]:
    """All of them, empty."""
    with mock_aws():
        support.forget_clients()
        for table in (IMAGES_TABLE, IDEMPOTENCY_TABLE):
            properties = support.resource(table)
            settings = {name: properties[name] for name in _OF_A_TABLE if name in properties}
            aws.dynamodb().create_table(TableName=table, **settings)
        for bucket in (IMAGES, THUMBNAILS):
            aws.s3().create_bucket(Bucket=bucket)
        yield
    support.forget_clients()


def keys(bucket: str) -> list[str]:
    """The keys of all objects."""
    return [found["Key"] for found in aws.s3().list_objects_v2(Bucket=bucket).get("Contents", [])]


def read(bucket: str, key: str) -> bytes:
    """The bytes of an object."""
    return aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
