"""The user's orders. The shop keeps them without the person, or they are deleted."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from common import aws
from common.api.errors import NotFound
from common.dynamodb import items, queries
from common.erasures import Erasure
from common.orders_table import orders
from common.parallel import map_parallel

_PAGE_ROWS = 100

# What is about the person: everything but the item, the quantity, the time and the state. Without
# `lastWrite`, the change is not published.
_PERSONAL = "REMOVE placedBy, fingerprint, trace, lastWrite, #order.customerID, #order.note"

# Holds unless another invocation has just done it.
_OF_USER = "placedBy = :user"

# Holds unless the state has just been changed. An order of version 0.1 has no version.
_UNCHANGED = "(attribute_not_exists(#version) OR #version = :version)"


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
    while True:
        try:
            order = orders().get(order_id["S"], user)
        except NotFound:
            return  # another invocation has just done it
        values: dict[str, Any] = {":user": user, ":version": order.version}
        history = ""
        if order.history:
            history = "SET history = :history "
            values[":history"] = [each.without_buyer().to_fields() for each in order.history]
        try:
            client.update_item(
                TableName=aws.env("ORDERS_TABLE"),
                Key={"orderID": order_id},
                UpdateExpression=history + _PERSONAL,
                ConditionExpression=f"{_OF_USER} AND {_UNCHANGED}",
                ExpressionAttributeNames={"#order": "order", "#version": "version"},
                ExpressionAttributeValues=items.serialize(values),
            )
        except client.exceptions.ConditionalCheckFailedException:
            continue  # read what has changed
        return


def _delete(user: str, order_id: Any) -> None:
    client = aws.dynamodb()
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.delete_item(
            TableName=aws.env("ORDERS_TABLE"),
            Key={"orderID": order_id},
            ConditionExpression=_OF_USER,
            ExpressionAttributeValues={":user": {"S": user}},
        )
