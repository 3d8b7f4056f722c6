"""The images' tables and buckets in moto, and the buckets' contents."""

from __future__ import annotations

from common import aws
from project.fake_aws import IMAGES, IMAGES_TABLE, THUMBNAILS
from project.fake_aws import image_stores as stores

__all__ = ["IMAGES", "IMAGES_TABLE", "THUMBNAILS", "keys", "read", "stores"]


def keys(bucket: str) -> list[str]:
    """Return the keys of all objects."""
    return [found["Key"] for found in aws.s3().list_objects_v2(Bucket=bucket).get("Contents", [])]


def read(bucket: str, key: str) -> bytes:
    """Return the content of an object."""
    return aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
