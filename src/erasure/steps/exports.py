"""The copies of their data that users have asked for: the job's row, and the ZIPs."""

from __future__ import annotations

from typing import Any

from common import aws
from common.erasures import Erasure
from common.export import prefix, row_key

_PAGE_OBJECTS = 1000  # the most that one request lists or deletes (S3 API reference)


def erase(erasure: Erasure, start: Any) -> Any:  # noqa: ARG001
    """Delete the row and a page of the ZIPs. The position only says that there are more."""
    # First, because a job without a row deletes what it has written.
    aws.dynamodb().delete_item(TableName=aws.env("IDEMPOTENCY_TABLE"), Key=row_key(erasure.sub))
    s3, bucket = aws.s3(), aws.env("EXPORTS_BUCKET")
    page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix(erasure.sub), MaxKeys=_PAGE_OBJECTS)
    for found in page.get("Contents", ()):
        s3.delete_object(Bucket=bucket, Key=found["Key"])
    return True if page["IsTruncated"] else None
