"""The orders table as the writer uses it: orders are inserted once, 25 per request."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from refusals import ANOTHER_ORDER, NOT_EXACT

from common import aws
from common.orders import InexactOrder, Order, UnreadableOrder
from common.parallel import map_parallel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_STATEMENTS = 25
"""The statements per request (DynamoDB guide, "Running batch operations with PartiQL")."""

# The client retries whole requests, but not the single statements that a request reports as failed.
ATTEMPTS = 3
PAUSE_SECONDS = 0.3

type Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """The order is in the table; `repeated` if an earlier message stored it."""

    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The order is not in the table and never will be, because of what its client sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotStored:
    """The order is not in the table. Storing it can be retried unless it is an UnreadableOrder."""

    error: Exception


type Outcome = Stored | Refused | NotStored


class TemporaryFailure(Exception):
    """DynamoDB did not store the order, or could not tell whether it is stored."""


class OrderStore:
    """The orders table, for inserting orders."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def insert(self, orders: Sequence[Order]) -> list[Outcome]:
        """Store each order once. The outcomes are in the order of `orders`."""
        outcomes: dict[int, Outcome] = {}
        waiting: dict[int, Item] = {}
        for number, order in enumerate(orders):
            try:
                waiting[number] = order.to_item()
            except InexactOrder:
                outcomes[number] = Refused(NOT_EXACT)
        while waiting:
            # DynamoDB rejects a request with the same key in two statements. So the second message
            # with an orderID waits for the second round, and is then compared with the first.
            first = {_id(waiting[number]): number for number in reversed(waiting)}
            items = [waiting.pop(number) for number in first.values()]
            parts = batched(items, MAX_STATEMENTS, strict=False)
            for found in map_parallel(self._insert, parts):
                outcomes |= {first[order_id]: outcome for order_id, outcome in found.items()}
        return [outcomes[number] for number in range(len(orders))]

    def _insert(self, items: Sequence[Item], attempts: int = ATTEMPTS) -> dict[str, Outcome]:
        """Insert items with different orderIDs in one request. Returns the outcomes by orderID."""
        statements: Any = [self._statement(item) for item in items]
        try:
            response = self._client.batch_execute_statement(Statements=statements)
        except (BotoCoreError, ClientError) as error:
            if not _is_permanent(error):
                return {_id(item): NotStored(error) for item in items}
            if len(items) == 1:
                unreadable = UnreadableOrder(f"DynamoDB cannot store it: {error}")
                return {_id(items[0]): NotStored(unreadable)}
            # One bad item, for example one that is too large, makes DynamoDB reject them all.
            return {i: outcome for item in items for i, outcome in self._insert([item]).items()}
        outcomes: dict[str, Outcome] = {}
        existing, refused = [], []
        for item, result in zip(items, response["Responses"], strict=True):
            match result.get("Error"):
                case None:
                    outcomes[_id(item)] = Stored()
                case {"Code": "DuplicateItem"}:
                    existing.append(item)
                case {"Code": "ValidationError", "Message": reason}:
                    unreadable = UnreadableOrder(f"DynamoDB cannot store it: {reason}")
                    outcomes[_id(item)] = NotStored(unreadable)
                case problem:
                    failure = TemporaryFailure(f"DynamoDB refused it for now: {problem}")
                    outcomes[_id(item)] = NotStored(failure)
                    refused.append(item)
        if existing:
            outcomes |= self._compare(existing)
        if refused and attempts > 1:
            time.sleep(PAUSE_SECONDS)
            outcomes |= self._insert(refused, attempts - 1)
        return outcomes

    def _statement(self, item: Item) -> dict[str, Any]:
        # A PartiQL INSERT fails if the key exists; it never replaces an item.
        fields = ", ".join(f"'{name}': ?" for name in item)
        statement = f'INSERT INTO "{self._table}" VALUE {{{fields}}}'  # names, never values
        return {"Statement": statement, "Parameters": list(item.values())}

    def _compare(self, items: Sequence[Item]) -> dict[str, Outcome]:
        """The outcomes of items whose orderID exists: the same order is stored, or another one."""
        keys: Any = [{"orderID": item["orderID"]} for item in items]
        try:
            response = self._client.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
            )
        except (BotoCoreError, ClientError) as error:
            return {_id(item): NotStored(error) for item in items}
        stored = {_id(found): found for found in response["Responses"].get(self._table, [])}
        return {_id(item): _compared(item, stored.get(_id(item))) for item in items}


@cache
def order_store() -> OrderStore:
    """The deployed table."""
    return OrderStore(aws.env("ORDERS_TABLE"), aws.dynamodb())


def _compared(item: Item, stored: Item | None) -> Outcome:
    if stored is None:
        return NotStored(TemporaryFailure("the order stored under this orderID was not read"))
    if "fingerprint" not in stored:  # its user was erased, and this is a late repetition
        return Stored(repeated=True)
    if stored["fingerprint"] != item["fingerprint"]:
        return Refused(ANOTHER_ORDER)
    return Stored(repeated=True)


def _id(item: Item) -> str:
    order_id: str = item["orderID"]["S"]
    return order_id


def _is_permanent(error: Exception) -> bool:
    """Whether DynamoDB would reject the same request again."""
    return (
        isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationException"
    )
