"""Orders: what one looks like, as a message and as an item, and the table that keeps them.

As a message the order is the body of the client's request; `orderID`, `placedBy` and
`placedAt` (epoch milliseconds) are message attributes that the edge sets. As an item it is
`{orderID, order: {…as sent}, placedBy, placedAt, fingerprint, trace?}`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, Self

import fastjsonschema

from common import aws
from common.api.errors import NotFound, UnreadableOrder
from common.dynamodb import items
from common.pagination import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

# The model `Order` of the API in template.yaml, word for word: a test holds them together.
SCHEMA = {
    "type": "object",
    "required": ["item"],
    "additionalProperties": False,
    "properties": {
        "item": {"type": "string", "minLength": 1, "maxLength": 1000},
        "customerID": {"type": "string", "minLength": 1, "maxLength": 128},
        "quantity": {"type": "number", "minimum": 0.000001},
        "note": {"type": "string", "maxLength": 4000},
    },
}

_EXACT = Context(prec=38)  # what DynamoDB holds; Python's own 28 digits would merge orders


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `order` is the content as the client sent it, numbers as `Decimal`."""

    orderID: str
    order: dict[str, Any]
    placedBy: str
    placedAt: str
    trace: str = ""

    @classmethod
    def from_message(cls, record: Mapping[str, Any]) -> Self:
        """Read a queued order, a record of SQS's event. Raises UnreadableOrder."""
        attributes = record["messageAttributes"]
        try:
            order_id, placed_by, placed_at = (
                attributes[name]["stringValue"] for name in ("orderID", "placedBy", "placedAt")
            )
            placed = datetime.fromtimestamp(int(placed_at) / 1000, UTC)
        except (KeyError, ValueError, OverflowError, OSError) as error:
            raise UnreadableOrder(f"message attribute missing or wrong: {error}") from error
        return cls(
            orderID=order_id,
            order=_content(record["body"]),
            placedBy=placed_by,
            placedAt=items.timestamp(placed),
            trace=record["attributes"].get("AWSTraceHeader", ""),
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Read an item as DynamoDB and its streams write it: `{"orderID": {"S": …}, …}`."""
        return cls(**items.read(item, cls.__slots__))

    def to_item(self) -> dict[str, Any]:
        """The item. Raises UnreadableOrder for what DynamoDB cannot hold."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        if not self.trace:
            del fields["trace"]
        try:
            return items.written(fields | {"fingerprint": self.fingerprint})
        except (ArithmeticError, UnicodeEncodeError) as error:
            # More than 38 digits or beyond 10^126, which DynamoDB would round, or half of a
            # surrogate pair, which is no character.
            raise UnreadableOrder(f"cannot be stored exactly: {error!r}") from error

    def to_json(self) -> dict[str, Any]:
        """What the API answers."""
        return {name: getattr(self, name) for name in ("orderID", "order", "placedBy", "placedAt")}

    @property
    def fingerprint(self) -> str:
        """Equal for two messages exactly when they are the same order of the same caller."""
        content = json.dumps(
            [self.placedBy, self.order], sort_keys=True, ensure_ascii=False, default=_plain
        )
        return hashlib.sha256(content.encode()).hexdigest()


class Orders:
    """The orders table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def get(self, order_id: str, placed_by: str | None) -> Order:
        """One order of this caller's, or of anybody's if None. Raises NotFound."""
        if not items.is_id(order_id):
            raise NotFound("no such order")
        answer = self._client.get_item(TableName=self._table, Key={"orderID": {"S": order_id}})
        if "Item" not in answer or placed_by not in (None, answer["Item"]["placedBy"]["S"]):
            raise NotFound("no such order")
        return Order.from_item(answer["Item"])

    def placed_by(self, caller: str, page: Page) -> tuple[list[Order], str | None]:
        """A page of the caller's orders, newest first, and the token of the next page."""
        found, token = page.newest(
            self._client,
            {"placedBy": caller},
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
    """The orderID that a message claims, if it has one: what its log lines are found by."""
    return record.get("messageAttributes", {}).get("orderID", {}).get("stringValue")  # type: ignore[no-any-return]


def _content(body: str) -> dict[str, Any]:
    try:
        content = json.loads(
            body, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number
        )
        checked: dict[str, Any] = _validator()(content)
    except fastjsonschema.JsonSchemaValueException as error:
        raise UnreadableOrder(error.message) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableOrder(f"no JSON: {error}") from error
    return checked


@cache
def _validator() -> Callable[[Any], Any]:
    draft = "http://json-schema.org/draft-04/schema#"  # the draft that API Gateway's models use
    validate: Callable[[Any], Any] = fastjsonschema.compile({"$schema": draft, **SCHEMA})
    return validate


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _plain(number: Decimal) -> str:
    """1, 1.0 and 1e0 are one number."""
    return f"{number.normalize(_EXACT):f}"
