"""Pages of whole tables, and the position after a page."""

from __future__ import annotations

from typing import Any

from common import aws

AGAIN = True
"""The position of a step that looks at its store again, because what it has done is gone there."""


def scan(start: Any, table: str, limit: int) -> tuple[list[Any], Any]:
    """A page of all items of a table, and the position after it."""
    after: Any = {"ExclusiveStartKey": start} if start else {}
    response = aws.dynamodb().scan(TableName=table, ConsistentRead=True, Limit=limit, **after)
    return response["Items"], response.get("LastEvaluatedKey")
