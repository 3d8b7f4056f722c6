"""UpdateItem: what it makes of an item, as moto reads its expressions."""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import DynamoDBBackend

from project import functions

type Item = dict[str, Any]


class ConditionalCheckFailedException(Exception):
    """The client's error if the condition does not hold."""


def updated(table: str, item: Item | None, request: dict[str, Any]) -> Item:
    """Return the item after an UpdateItem request. Raises ConditionalCheckFailedException."""
    backend = _backend(table)
    if item is not None:
        backend.put_item(table, item)
    try:
        made: Any = backend.update_item(
            table,
            request["Key"],
            update_expression=request["UpdateExpression"],
            expression_attribute_names=request.get("ExpressionAttributeNames", {}),
            expression_attribute_values=request.get("ExpressionAttributeValues", {}),
            condition_expression=request["ConditionExpression"],
        )
        attributes: Item = made.to_json()["Attributes"]
    except ConditionalCheckFailed as failed:
        raise ConditionalCheckFailedException from failed
    finally:
        backend.delete_item(table, request["Key"])
    return attributes


@cache
def _backend(table: str) -> Any:
    resource = functions.resource(table)
    backend = DynamoDBBackend("us-east-1", "123456789012")
    backend.create_table(
        table,
        schema=resource["KeySchema"],
        throughput=None,
        attr=[{"AttributeName": "orderID", "AttributeType": "S"}],
        global_indexes=[],
        indexes=[],
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    return backend
