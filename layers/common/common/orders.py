"""Orders: the shape of an order, as a message and as an item, and the table that stores them.

In a message, the body is the body of the client's request. API Gateway adds the message
attributes `orderID`, `placedBy` and `placedAt` (epoch milliseconds). As an item, an order is
`{orderID, order: {…as sent}, placedBy, placedAt, fingerprint, trace?}`. When its user is erased,
`{orderID, order: {item, quantity}, placedAt}` stay.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from common import aws, json_schema
from common.api.errors import NotFound
from common.dynamodb import items
from common.pagination import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

# A copy of the API's model `Order` in template.yaml. A test compares the two.
SCHEMA = {
    "type": "object",
    "required": ["item"],
    "additionalProperties": False,
    "properties": {
        "item": {"type": "string", "minLength": 1, "maxLength": 1000},
        "customerID": {"type": "string", "minLength": 1, "maxLength": 128},
        "quantity": {"type": "number", "minimum": 0.000001, "maximum": 9.99e125},
        "note": {"type": "string", "maxLength": 4000},
    },
}

# Python's default of 28 digits would give two different numbers the same fingerprint.
_EXACT = Context(prec=items.NUMBER_DIGITS)


class UnreadableOrder(Exception):
    """The message is not an order as the API sends it, or DynamoDB refuses it for good.

    No client can cause this, so an operator has to look.
    """


class InexactOrder(Exception):
    """The order has a number or a character that DynamoDB cannot hold exactly."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `order` is the content that the client sent, with numbers as `Decimal`.

    `placedBy` is empty if the user was erased.
    """

    orderID: str
    order: dict[str, Any]
    placedBy: str
    placedAt: str
    trace: str = ""

    @classmethod
    def from_message(cls, record: Mapping[str, Any]) -> Self:
        """The order in a record of an SQS event. Raises UnreadableOrder."""
        attributes = record["messageAttributes"]
        try:
            order_id, placed_by, placed_at = (
                attributes[name]["stringValue"] for name in ("orderID", "placedBy", "placedAt")
            )
            placed = datetime.fromtimestamp(int(placed_at) / 1000, UTC)
        except (KeyError, ValueError, OverflowError, OSError) as error:
            raise UnreadableOrder(f"missing or invalid message attribute: {error}") from error
        return cls(
            orderID=order_id,
            order=_content(record["body"]),
            placedBy=placed_by,
            placedAt=items.timestamp(placed),
            trace=record["attributes"].get("AWSTraceHeader", ""),
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The order in an item from the table or its stream: `{"orderID": {"S": …}, …}`."""
        return cls(**{"placedBy": "", **items.deserialize(item, cls.__slots__)})

    def to_item(self) -> dict[str, Any]:
        """The order as an item. Raises InexactOrder."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        if not self.trace:
            del fields["trace"]
        try:
            return items.serialize(fields | {"fingerprint": self.fingerprint})
        except (ArithmeticError, UnicodeEncodeError) as error:
            # DynamoDB would round a number of more than 38 digits or beyond 10^126. Half of a
            # surrogate pair is not a character.
            # The text of a UnicodeEncodeError quotes the whole order, so only its name is given.
            raise InexactOrder(type(error).__name__) from error

    def to_json(self) -> dict[str, Any]:
        """The order as the API shows it."""
        return {name: getattr(self, name) for name in ("orderID", "order", "placedBy", "placedAt")}

    @property
    def fingerprint(self) -> str:
        """A hash that is equal only for the same order of the same caller."""
        content = json.dumps(
            [self.placedBy, self.order], sort_keys=True, ensure_ascii=False, default=_canonical
        )
        return hashlib.sha256(content.encode()).hexdigest()


class Orders:
    """The orders table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def get(self, order_id: str, placed_by: str | None) -> Order:
        """An order that this user placed, or any user if None. Raises NotFound."""
        if not items.is_uuid(order_id):
            raise NotFound("no such order")
        response = self._client.get_item(TableName=self._table, Key={"orderID": {"S": order_id}})
        if "Item" not in response:
            raise NotFound("no such order")
        order = Order.from_item(response["Item"])
        if placed_by not in (None, order.placedBy):
            raise NotFound("no such order")
        return order

    def placed_by(self, user_id: str, page: Page) -> tuple[list[Order], str | None]:
        """A page of a user's orders, newest first, and the token of the next page."""
        found, token = page.query_newest(
            self._client,
            {"placedBy": user_id},
            ("placedAt", "orderID"),
            TableName=self._table,
            IndexName="placedBy",
        )
        return [Order.from_item(item) for item in found], token


@cache
def orders() -> Orders:
    """The deployed table."""
    return Orders(aws.env("ORDERS_TABLE"), aws.dynamodb())


def order_id(record: Mapping[str, Any]) -> str | None:
    """The orderID in a message, valid or not, which its log lines contain. None without one."""
    return record.get("messageAttributes", {}).get("orderID", {}).get("stringValue")  # type: ignore[no-any-return]


def _content(body: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = _validator()(json_schema.loads(body, number=Decimal))
    except json_schema.WrongValue as error:
        raise UnreadableOrder(error.message) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableOrder(f"not valid JSON: {error}") from error
    return content


@cache
def _validator() -> Callable[[Any], Any]:
    return json_schema.validator(SCHEMA)


def _canonical(number: Decimal) -> str:
    """The same text for 1, 1.0 and 1e0."""
    return f"{number.normalize(_EXACT):f}"
