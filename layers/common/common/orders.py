"""Orders: what one looks like, as a message and as an item, and the table that keeps them.

As a message the order is the body of the client's request; `orderID`, `placedBy` and
`placedAt` (epoch milliseconds) are message attributes that the edge sets. As an item it is
`{orderID, order: {…as sent}, placedBy, placedAt, fingerprint, trace?}`.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any, NoReturn, Self

import fastjsonschema
from botocore.exceptions import BotoCoreError, ClientError

from common import aws, items
from common.batch import side_by_side
from common.errors import NotFound, OrderConflict, OrderNotStored, UnreadableOrder
from common.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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

_STATEMENTS = 25  # of a request (DynamoDB guide, "Running batch operations with PartiQL")
_TRIES = 3  # like the client's, which repeats whole requests, but no statement of one
_PAUSE_SECONDS = 0.3

type Item = dict[str, Any]
"""As DynamoDB writes it: `{"orderID": {"S": …}, …}`."""

type Kept = bool | Exception
"""What came of an order: whether it is new, or why it is not stored."""


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

    def keep(self, orders: Sequence[Order]) -> list[Kept]:
        """Store each order, once; what came of them, in their order.

        A HopelessOrder fails the same way however often it is tried, all else is worth a try.
        """
        kept: dict[int, Kept] = {}
        waiting: dict[int, Item] = {}
        for number, order in enumerate(orders):
            try:
                waiting[number] = order.to_item()
            except UnreadableOrder as error:
                kept[number] = error
        while waiting:
            # DynamoDB refuses a request with one key in two statements, so a second message of
            # an orderID waits for a second round, and finds what came of the first.
            first = {_id(waiting[number]): number for number in reversed(waiting)}
            items = [waiting.pop(number) for number in first.values()]
            for found in side_by_side(self._insert, batched(items, _STATEMENTS, strict=False)):
                kept |= {first[order_id]: outcome for order_id, outcome in found.items()}
        return [kept[number] for number in range(len(orders))]

    def _insert(self, items: Sequence[Item], tries: int = _TRIES) -> dict[str, Kept]:
        """Insert items of different orderIDs by one request; what came of them, by orderID."""
        statements: Any = [self._statement(item) for item in items]
        try:
            answer = self._client.batch_execute_statement(Statements=statements)
        except (BotoCoreError, ClientError) as error:
            if not _is_refusal(error):
                return {_id(item): error for item in items}
            if len(items) == 1:
                return {_id(items[0]): UnreadableOrder(f"DynamoDB cannot store it: {error}")}
            # Some faults of one, too large a size for example, have all of them refused.
            return {i: kept for item in items for i, kept in self._insert([item]).items()}
        kept: dict[str, Kept] = {}
        standing, again = [], []
        for item, response in zip(items, answer["Responses"], strict=True):
            match response.get("Error"):
                case None:
                    kept[_id(item)] = True
                case {"Code": "DuplicateItem"}:
                    standing.append(item)
                case {"Code": "ValidationError", "Message": reason}:
                    kept[_id(item)] = UnreadableOrder(f"DynamoDB cannot store it: {reason}")
                case refusal:
                    kept[_id(item)] = OrderNotStored(f"DynamoDB refused it for now: {refusal}")
                    again.append(item)
        if standing:
            kept |= self._compare(standing)
        if again and tries > 1:
            time.sleep(_PAUSE_SECONDS)
            kept |= self._insert(again, tries - 1)
        return kept

    def _statement(self, item: Item) -> dict[str, Any]:
        # INSERT is conditional by itself: it never replaces what stands there.
        fields = ", ".join(f"'{name}': ?" for name in item)
        statement = f'INSERT INTO "{self._table}" VALUE {{{fields}}}'
        return {"Statement": statement, "Parameters": list(item.values())}

    def _compare(self, items: Sequence[Item]) -> dict[str, Kept]:
        """What came of items that another stands in the way of, the same one or not."""
        keys: Any = [{"orderID": item["orderID"]} for item in items]
        try:
            answer = self._client.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
            )
        except (BotoCoreError, ClientError) as error:
            return {_id(item): error for item in items}
        standing = {_id(found): found for found in answer["Responses"].get(self._table, [])}
        kept: dict[str, Kept] = {}
        for item in items:
            if _id(item) not in standing:
                kept[_id(item)] = OrderNotStored("what stands under this orderID was not read")
            elif standing[_id(item)].get("fingerprint") == item["fingerprint"]:
                kept[_id(item)] = False
            else:
                kept[_id(item)] = OrderConflict("another order stands under this orderID")
        return kept

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


def _id(item: Mapping[str, Any]) -> str:
    order_id: str = item["orderID"]["S"]
    return order_id


def _is_refusal(error: Exception) -> bool:
    """Whether the same request would be refused again."""
    return (
        isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationException"
    )


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
