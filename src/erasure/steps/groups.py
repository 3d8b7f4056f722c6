"""The user's groups. The pictures of others in them stay, and belong to their owners only."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from common import aws
from common.api.errors import NotFound
from common.erasures import Erasure
from common.groups import groups
from steps import paging

_PAGE_ROWS = 500


def erase(erasure: Erasure, start: Any) -> Any:
    """Delete the user's groups in a page of all groups, which have no index by owner."""
    found, after = paging.query(
        start,
        ("kind", "group"),
        _PAGE_ROWS,
        TableName=aws.env("GROUPS_TABLE"),
        IndexName="newest",
        FilterExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":owner": {"S": erasure.sub}},
    )
    for item in found:
        with suppress(NotFound):
            groups().remove(item["groupID"]["S"], erasure.sub)
    return after
