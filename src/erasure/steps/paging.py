"""Pages of tables, and the position after a page."""

from __future__ import annotations

from typing import Any

from common import aws

AGAIN = True
"""The position of a step that looks at its store again, because what it has done is gone there."""


def query(start: Any, key: tuple[str, str], limit: int, **request: Any) -> tuple[list[Any], Any]:
    """A page of the items with this key, and the position after it. Deleted ones may be skipped."""
    name, value = key
    names: Any = {"#key": name, **request.pop("ExpressionAttributeNames", {})}
    values: Any = {":key": {"S": value}, **request.pop("ExpressionAttributeValues", {})}
    response = aws.dynamodb().query(
        **request,
        **_after(start),
        KeyConditionExpression="#key = :key",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        Limit=limit,
    )
    return response["Items"], response.get("LastEvaluatedKey")


def scan(start: Any, table: str, limit: int) -> tuple[list[Any], Any]:
    """A page of all items of a table, and the position after it."""
    response = aws.dynamodb().scan(
        TableName=table, ConsistentRead=True, Limit=limit, **_after(start)
    )
    return response["Items"], response.get("LastEvaluatedKey")


def _after(start: Any) -> Any:
    return {"ExclusiveStartKey": start} if start else {}
