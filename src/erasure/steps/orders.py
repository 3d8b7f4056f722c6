"""The user's orders. The shop keeps them without the person, or they are deleted."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from common import aws
from common.dynamodb import queries
from common.erasures import Erasure
from common.parallel import map_parallel

_PAGE_ROWS = 100

# What is about the person: everything but the item, the quantity and the time.
_PERSONAL = "REMOVE placedBy, fingerprint, trace, #order.customerID, #order.note"

# Holds unless another invocation has just done it.
_OF_USER = "placedBy = :user"


def erase(erasure: Erasure, start: Any) -> Any:
    """Anonymize a page of the orders, or delete them, as the parameter ErasedOrders says."""
    found, after = queries.query(
        aws.dynamodb(),
        "placedBy",
        erasure.sub,
        start,
        Limit=_PAGE_ROWS,
        TableName=aws.env("ORDERS_TABLE"),
        IndexName="placedBy",
    )
    change = _delete if aws.env("ERASED_ORDERS") == "Delete" else _anonymize
    map_parallel(partial(change, erasure.sub), (item["orderID"] for item in found))
    return after


def _anonymize(user: str, order_id: Any) -> None:
    client = aws.dynamodb()
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.update_item(
            TableName=aws.env("ORDERS_TABLE"),
            Key={"orderID": order_id},
            UpdateExpression=_PERSONAL,
            ConditionExpression=_OF_USER,
            ExpressionAttributeNames={"#order": "order"},
            ExpressionAttributeValues={":user": {"S": user}},
        )


def _delete(user: str, order_id: Any) -> None:
    client = aws.dynamodb()
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.delete_item(
            TableName=aws.env("ORDERS_TABLE"),
            Key={"orderID": order_id},
            ConditionExpression=_OF_USER,
            ExpressionAttributeValues={":user": {"S": user}},
        )
