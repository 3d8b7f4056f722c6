"""The orders of all buyers, newest first: a lazy merge of the keys of the index `desk`."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, chain, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from period import Period

from common import aws, order_desk
from common.dynamodb import items
from common.order_desk import month_of
from common.order_states import OPEN, State
from common.orders import Order
from common.pagination import Page, is_key, token_after
from common.parallel import map_parallel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_EXAMINED = 1000
"""After so many orders of other states, a page ends, and the next one continues behind them."""

# Each request of a key reads more rows than the one before it, so that few orders cost little and
# many orders take few requests.
_GROWTH = 3
_MOST_ROWS = 100

# As much of the orders' content as DynamoDB returns in one query. In JSON it is five times as long
# at most, which still fits into a response.
_PAGE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which orders are asked for."""

    states: frozenset[State]
    period: Period

    def accepts(self, order: Order) -> bool:
        return order.state in self.states and self.period.start <= order.placedAt <= self.period.end


class Desk:
    """The index `desk` of the orders table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def newest(self, wanted: Filter, page: Page) -> tuple[list[Order], str | None]:
        """A page of these orders, newest first, and the token of the next page.

        Orders of the same millisecond have no order among the keys. So a token has the time of the
        last order, and which orders of that time were examined.
        """
        end, examined = page.position(is_key, _are_ids) or (wanted.period.end, [])
        done = dict.fromkeys(examined, end)
        found: list[Order] = []
        free = _PAGE_BYTES
        for count, order in enumerate(self._merged(wanted, end, page.limit)):
            if order.orderID in done:
                continue
            if len(found) == page.limit or count >= MAX_EXAMINED or free < 0:
                return found, token_after([end, [i for i, time in done.items() if time == end]])
            end = order.placedAt
            done[order.orderID] = end
            if wanted.accepts(order):
                found.append(order)
                free -= sum(len(str(value).encode()) for value in order.order.values())
        return found, None

    def rows(
        self, key: str, start: str, end: str, limits: Iterator[int], **request: Any
    ) -> Iterator[dict[str, Any]]:
        """The items with this key between these times, newest first, requested when needed.

        `limits` are how many items the requests read.
        """
        while True:
            response = self._client.query(
                TableName=self._table,
                IndexName="desk",
                KeyConditionExpression="desk = :key AND placedAt BETWEEN :start AND :end",
                ExpressionAttributeValues=items.serialize(
                    {":key": key, ":start": start, ":end": end}
                ),
                ScanIndexForward=False,
                Limit=next(limits),
                **request,
            )
            yield from response["Items"]
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def _merged(self, wanted: Filter, end: str, limit: int) -> Iterator[Order]:
        """All orders until this time whose keys may have an order of these states, newest first."""
        sources: list[Iterator[Order]] = []
        if wanted.states & OPEN:
            start = wanted.period.start
            sources += (self._orders([key], start, end, limit) for key in order_desk.open_keys())
        if wanted.states - OPEN:
            start = wanted.period.limited().start
            months = [month for month in wanted.period.months() if month <= month_of(end)]
            shards = zip(*map(order_desk.closed_keys, months), strict=True)
            sources += (self._orders(keys, start, end, limit) for keys in shards)
        heads = map_parallel(lambda source: next(source, None), sources)
        started = [
            chain([head], source)
            for head, source in zip(heads, sources, strict=True)
            if head is not None
        ]
        return heapq.merge(*started, key=attrgetter("placedAt"), reverse=True)

    def _orders(self, keys: Iterable[str], start: str, end: str, limit: int) -> Iterator[Order]:
        """The orders under the keys, one key after the other.

        A shard has an eighth of a page on average. Twice as many are seldom too few.
        """
        limits = accumulate(
            repeat(2 * limit // order_desk.SHARDS + 2),
            lambda rows, _: min(_GROWTH * rows, _MOST_ROWS),
        )
        for key in keys:
            yield from map(Order.from_item, self.rows(key, start, end, limits))


@cache
def desk() -> Desk:
    """The deployed index."""
    return Desk(aws.env("ORDERS_TABLE"), aws.dynamodb())


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_key, value))
