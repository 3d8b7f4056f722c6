"""The copies of their data that users have asked for: the job's row, and the ZIPs."""

from __future__ import annotations

from typing import Any

from common import aws
from common.dynamodb import batches
from common.erasures import Erasure
from common.export import prefix, row_key
from common.parallel import map_parallel
from steps import paging

_PAGE_OBJECTS = 100


def erase(erasure: Erasure, _: Any) -> Any:
    """Delete the row and a page of the ZIPs."""
    # The row first, because a job without a row deletes what it has written.
    batches.delete_items(aws.dynamodb(), aws.env("IDEMPOTENCY_TABLE"), [row_key(erasure.sub)])
    s3, bucket = aws.s3(), aws.env("EXPORTS_BUCKET")
    page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix(erasure.sub), MaxKeys=_PAGE_OBJECTS)
    keys = (found["Key"] for found in page.get("Contents", ()))
    map_parallel(lambda key: s3.delete_object(Bucket=bucket, Key=key), keys)
    return paging.AGAIN if page["IsTruncated"] else None
