"""The pictures of a stack, copied into the buckets of another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.stack import DeployedStack

BUCKETS = {"ImagesBucket": "pictures/", "ThumbnailsBucket": ""}
"""The buckets with what images are made of, and the prefix of what is copied: no uploads."""


def copy_pictures(source: DeployedStack, target: DeployedStack) -> int:
    """Copy all pictures, metadata and thumbnails. Returns the number of files. Can be repeated.

    The file is read and written here, because the stacks may be in different regions or accounts.
    """
    copied = 0
    for bucket, prefix in BUCKETS.items():
        origin, copy = (each.resources("AWS::S3::Bucket")[bucket] for each in (source, target))
        reader, writer = source.client("s3"), target.client("s3")
        for key in keys(reader, origin, prefix):
            found = reader.get_object(Bucket=origin, Key=key)
            kept = {
                name: found[name]
                for name in ("ContentType", "CacheControl", "ContentDisposition", "Metadata")
                if found.get(name)
            }
            writer.put_object(Bucket=copy, Key=key, Body=found["Body"].read(), **kept)
            copied += 1
    return copied


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Return the keys of a bucket that begin with a prefix."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return (each["Key"] for page in pages for each in page.get("Contents", []))
