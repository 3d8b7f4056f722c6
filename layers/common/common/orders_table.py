"""The table of orders: reading them, and changing their states.

A change is one conditional write, which is made only if nobody has changed the order in the
meantime. Its history remembers the `Idempotency-Key`, so a repeated request is recognised forever,
and also if the first one died between the write and its answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws, order_desk
from common.api.errors import KeyReused, NotFound, WrongState
from common.dynamodb import batches, items
from common.order_history import Change
from common.order_states import FIRST_VERSION, Role, State, allowed
from common.orders import TRANSITION, Order
from common.pagination import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

# Holds if nobody has changed the order since it was read. An order of version 0.1 has no version.
_UNCHANGED = "attribute_exists(orderID) AND (attribute_not_exists(#version) OR #version = :before)"

# Holds as long as the buyer is not erased.
_OF_BUYER = "placedBy = :caller"

_CHANGE = (
    "SET #state = :state, #version = :after, desk = :desk, lastWrite = :transition,"
    " history = list_append(if_not_exists(history, :none), :change)"
)


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a user to change an order into `state`.

    `version` is the one that the client has seen. Without it, any will do. `key` is the request's
    `Idempotency-Key`.
    """

    state: State
    role: Role
    caller: str
    version: int | None = None
    note: str = ""
    key: str | None = None

    @property
    def identity(self) -> str:
        """What identifies the request in the history; empty without a key."""
        if self.key is None:
            return ""
        return hashlib.sha256(f"{self.caller} {self.key}".encode()).hexdigest()[:16]

    def made(self, order: Order) -> bool:
        """Whether the order's history has the change. Raises KeyReused if its key has another."""
        for version, change in enumerate(order.history, FIRST_VERSION):
            if change.key and change.key == self.identity:
                if (change.state, change.note) != (self.state, self.note) or (
                    self.version not in (None, version)
                ):
                    raise KeyReused("this Idempotency-Key was used for a different request")
                return True
        return False


class Orders:
    """The orders table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def get(self, order_id: str, placed_by: str | None) -> Order:
        """An order that this user placed, or any user if None. Raises NotFound."""
        if not items.is_uuid(order_id):
            raise NotFound("no such order")
        response = self._client.get_item(
            TableName=self._table, Key={"orderID": {"S": order_id}}, ConsistentRead=True
        )
        if "Item" not in response:
            raise NotFound("no such order")
        order = Order.from_item(response["Item"])
        if placed_by not in (None, order.placedBy):
            raise NotFound("no such order")
        return order

    def placed_by(self, user_id: str, page: Page) -> tuple[list[Order], str | None]:
        """A page of a user's orders, newest first, and the token of the next page.

        The index tells which orders they are, and the table their states. If the index had them,
        every change of a state would cost a write more.
        """
        found, token = page.query_newest(
            self._client,
            {"placedBy": user_id},
            ("placedAt", "orderID"),
            TableName=self._table,
            IndexName="placedBy",
            ProjectionExpression="orderID, placedAt, placedBy",
        )
        return self.whole(found, user_id), token

    def whole(self, rows: Sequence[batches.Item], user_id: str) -> list[Order]:
        """The orders of the user in these rows of the index, as they are in the table."""
        keys = [{"orderID": row["orderID"]} for row in rows]
        found = map(Order.from_item, batches.get_items(self._client, self._table, keys))
        orders = {order.orderID: order for order in found if order.placedBy == user_id}
        return [orders[row["orderID"]["S"]] for row in rows if row["orderID"]["S"] in orders]

    def change(self, order_id: str, request: Request) -> Order:
        """The order after this change, or as it is now if an earlier attempt has made the change.

        Raises NotFound, WrongState and KeyReused.
        """
        placed_by = request.caller if request.role is Role.BUYER else None
        while True:  # each round begins with a higher version, and an order has few of them
            order = self.get(order_id, placed_by)
            if request.made(order):
                return order
            if request.version not in (None, order.version):
                raise _wrong_state("the order has changed; read it again", order)
            if request.state not in allowed(order.state, request.role):
                raise _wrong_state("the order cannot be changed into this state", order)
            try:
                return self._write(order, request)
            except self._client.exceptions.ConditionalCheckFailedException:
                continue  # somebody else was faster, perhaps an earlier attempt

    def _write(self, order: Order, request: Request) -> Order:
        change = Change(
            request.state,
            items.timestamp(),
            request.role,
            request.caller,
            request.note,
            request.identity,
        )
        values: dict[str, Any] = {
            ":before": order.version,
            ":after": order.version + 1,
            ":state": str(request.state),
            ":desk": order_desk.key(order.orderID, order.placedAt, request.state),
            ":transition": TRANSITION,
            ":none": [],
            ":change": [change.to_fields()],
        }
        expression, condition = _CHANGE, _UNCHANGED
        if request.state is State.SHIPPED:
            expression = f"{_CHANGE}, shippedAt = :at"
            values[":at"] = change.at
        if request.role is Role.BUYER:
            condition = f"{_UNCHANGED} AND {_OF_BUYER}"
            values[":caller"] = request.caller
        response = self._client.update_item(
            TableName=self._table,
            Key={"orderID": {"S": order.orderID}},
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#state": "state", "#version": "version"},
            ExpressionAttributeValues=items.serialize(values),
            ReturnValues="ALL_NEW",
        )
        return Order.from_item(response["Attributes"])


@cache
def orders() -> Orders:
    """The deployed table."""
    return Orders(aws.env("ORDERS_TABLE"), aws.dynamodb())


def _wrong_state(message: str, order: Order) -> WrongState:
    return WrongState(message, [f"state: {order.state}", f"version: {order.version}"])
