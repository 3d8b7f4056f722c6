"""Orders that were accepted and then refused, because of what their clients sent.

A refusal belongs to an orderID and the user who sent the order, and is kept for two weeks. It says
nothing about the order that is stored under the orderID, which may be somebody else's.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.dynamodb import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the order that this user sent at this time is not stored: a sentence for people."""

    orderID: str
    placedBy: str
    placedAt: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """The refusal as the API and live events show it."""
        return {name: getattr(self, name) for name in self.__slots__}


class RefusedOrders:
    """The idempotency table, in which refusals have keys with a prefix of their own."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, refusal: Refusal) -> None:
        """Store a refusal. It replaces an earlier one of the same orderID and user."""
        item = _key(refusal.orderID, refusal.placedBy) | {
            "placedAt": {"S": refusal.placedAt},
            "reason": {"S": refusal.reason},
            "expiration": {"N": str(int(time.time()) + KEPT_SECONDS)},
        }
        self._client.put_item(TableName=self._table, Item=item)

    def find(self, order_id: str, placed_by: str) -> Refusal | None:
        """The latest refusal of an order that this user sent with this orderID."""
        if not items.is_uuid(order_id):
            return None
        # A client reads it as soon as a live event tells it to.
        response = self._client.get_item(
            TableName=self._table, Key=_key(order_id, placed_by), ConsistentRead=True
        )
        item = response.get("Item")
        # DynamoDB deletes expired items within days, not at once.
        if item is None or int(item["expiration"]["N"]) <= time.time():
            return None
        fields = items.deserialize(item, ("placedAt", "reason"))
        return Refusal(order_id, placed_by, **fields)


@cache
def refused_orders() -> RefusedOrders:
    """The deployed table."""
    return RefusedOrders(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())


def _key(order_id: str, placed_by: str) -> dict[str, Any]:
    # A hash, because the ID of a user of another provider may be longer than a key.
    user = hashlib.sha256(placed_by.encode()).hexdigest()
    return {"id": {"S": f"refused-order#{order_id}#{user}"}}
