"""Orders into their table, each once: 25 conditional inserts a request."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from common import aws
from common.api.errors import OrderConflict, OrderNotStored, UnreadableOrder
from common.orders import Order
from common.parallel import map_parallel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATEMENTS = 25  # of a request (DynamoDB guide, "Running batch operations with PartiQL")

TRIES = 3  # like the client's, which repeats whole requests, but no statement of one
PAUSE_SECONDS = 0.3

type Item = dict[str, Any]

type Kept = bool | Exception
"""What came of an order: whether it is new, or why it is not stored."""


class OrderInserts:
    """The orders table, as orders come into it."""

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
            for found in map_parallel(self._insert, batched(items, STATEMENTS, strict=False)):
                kept |= {first[order_id]: outcome for order_id, outcome in found.items()}
        return [kept[number] for number in range(len(orders))]

    def _insert(self, items: Sequence[Item], tries: int = TRIES) -> dict[str, Kept]:
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
            time.sleep(PAUSE_SECONDS)
            kept |= self._insert(again, tries - 1)
        return kept

    def _statement(self, item: Item) -> dict[str, Any]:
        # INSERT is conditional by itself: it never replaces what stands there.
        fields = ", ".join(f"'{name}': ?" for name in item)
        statement = f'INSERT INTO "{self._table}" VALUE {{{fields}}}'  # names, never values
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


@cache
def order_inserts() -> OrderInserts:
    """Into the deployed table."""
    return OrderInserts(aws.env("ORDERS_TABLE"), aws.dynamodb())


def _id(item: Item) -> str:
    order_id: str = item["orderID"]["S"]
    return order_id


def _is_refusal(error: Exception) -> bool:
    """Whether the same request would be refused again."""
    return (
        isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationException"
    )
