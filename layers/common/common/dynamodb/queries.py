"""Queries by one key of a table or index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def query(
    client: DynamoDBClient, key: str, value: str, after: Any = None, **request: Any
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """A page of the items with this key, and the key after which the next page begins, if any.

    `after` is such a key, of an earlier page. `request` is added to the request.
    """
    names = {"#key": key, **request.pop("ExpressionAttributeNames", {})}
    values = {":key": {"S": value}, **request.pop("ExpressionAttributeValues", {})}
    if after:
        request["ExclusiveStartKey"] = after
    response = client.query(
        **request,
        KeyConditionExpression="#key = :key",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
    )
    return response["Items"], response.get("LastEvaluatedKey")
