"""The failed batches of streams: the records of the user are removed, and those of others stay."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from common import aws, failed_batches
from common.erasures import Erasure

_PAGE_OBJECTS = 20

# The fields of orders, images, groups and messages that contain the `sub` of a user.
_USERS = ("owner", "placedBy", "recipientID", "senderID")


def erase(erasure: Erasure, start: Any) -> Any:
    """Rewrite a page of the batches. Returns the key after which the next page starts."""
    page = aws.s3().list_objects_v2(
        Bucket=aws.env("FAILED_EVENTS_BUCKET"),
        Prefix=failed_batches.PREFIX,
        StartAfter=start or failed_batches.PREFIX,
        MaxKeys=_PAGE_OBJECTS,
    )
    keys = [each["Key"] for each in page.get("Contents", ())]
    for key in keys:
        _rewrite(erasure.sub, key)
    return keys[-1] if page["IsTruncated"] else None


def _rewrite(sub: str, key: str) -> None:
    s3, bucket = aws.s3(), aws.env("FAILED_EVENTS_BUCKET")
    try:
        failure = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except s3.exceptions.NoSuchKey:  # it has just been replayed
        return
    found = failed_batches.records(failure)
    kept = [record for record in found if not _is_of(sub, record["dynamodb"])]
    if not kept:
        s3.delete_object(Bucket=bucket, Key=key)
    elif len(kept) < len(found):
        s3.put_object(Bucket=bucket, Key=key, Body=failed_batches.with_records(failure, kept))


def _is_of(sub: str, change: dict[str, Any]) -> bool:
    """Whether the row is of the user. Of a deleted message, the record has only its key."""
    row = {**change["Keys"], **change.get("NewImage", {})}
    conversation = row.get("conversation", {}).get("S", "")
    return any(row.get(name, {}).get("S") == sub for name in _USERS) or sub in map(
        unquote, conversation.split("#")
    )
