"""The images' tables and buckets in moto, as the template has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from common import aws
from tests.unit.tables import tables

IMAGES_TABLE, IDEMPOTENCY_TABLE, GROUPS_TABLE = "ImagesTable", "IdempotencyTable", "GroupsTable"
IMAGES, THUMBNAILS = "ImagesBucket", "ThumbnailsBucket"


@contextmanager
def stores() -> Iterator[None]:
    """All of them, empty."""
    with tables(IMAGES_TABLE, IDEMPOTENCY_TABLE, GROUPS_TABLE):
        for bucket in (IMAGES, THUMBNAILS):
            aws.s3().create_bucket(Bucket=bucket)
        yield


def keys(bucket: str) -> list[str]:
    """The keys of all objects."""
    return [found["Key"] for found in aws.s3().list_objects_v2(Bucket=bucket).get("Contents", [])]


def read(bucket: str, key: str) -> bytes:
    """The bytes of an object."""
    return aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
