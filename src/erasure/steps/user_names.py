"""The claim of the user's name, without which nobody could register a similar one."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from common import aws
from common.erasures import Erasure
from common.user_names import REGISTRATION_SECONDS
from common.user_pool import find_user
from steps import paging

_PAGE_ROWS = 1000

# Holds unless somebody has claimed the name again.
_IS_UNCHANGED = "claimedAt = :claimedAt"


def erase(erasure: Erasure, start: Any) -> Any:
    """Delete the claims of the name. They are found by a scan: their key is a hash.

    The claim is kept if a user has this name, or may be registering it at this moment.
    """
    if not erasure.username:
        return None
    rows, after = paging.scan(start, aws.env("USER_NAMES_TABLE"), _PAGE_ROWS)
    for row in rows:
        if row["username"]["S"].lower() == erasure.username.lower() and not _is_in_use(row):
            _remove(row)
    return after


def _is_in_use(claim: Any) -> bool:
    if time.time() - int(claim["claimedAt"]["N"]) < REGISTRATION_SECONDS:
        return True  # a later sweep looks again
    return find_user(claim["username"]["S"]) is not None


def _remove(claim: Any) -> None:
    client = aws.dynamodb()
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.delete_item(
            TableName=aws.env("USER_NAMES_TABLE"),
            Key={"lookAlikeKey": claim["lookAlikeKey"]},
            ConditionExpression=_IS_UNCHANGED,
            ExpressionAttributeValues={":claimedAt": claim["claimedAt"]},
        )
