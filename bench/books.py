"""The books of orders: what was accepted is stored or refused, and published, and nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any

from common.order_states import FIRST_VERSION
from common.orders import Order

_BATCH = 100  # keys per request, the most that BatchGetItem accepts


@dataclass(frozen=True)
class Events:
    """The events of a topic: how often each was received, by order and version.

    `second_ids` are the orders of which one version has events with different ids. A copy of an
    event has the same id.
    """

    copies: Mapping[str, Counter[int]]
    second_ids: list[str]

    @classmethod
    def of(cls, received: Iterable[Mapping[str, Any]]) -> Events:
        """Sort what a subscriber has received."""
        copies: defaultdict[str, Counter[int]] = defaultdict(Counter)
        ids: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        for event in received:
            order_id, version = event["data"]["orderID"], event["data"]["version"]
            copies[order_id][version] += 1
            ids[order_id, version].add(event["eventID"])
        return cls(copies, sorted({order_id for (order_id, _), of in ids.items() if len(of) > 1}))

    @property
    def repeated(self) -> int:
        """How many events were received more than once; a subscriber recognises them."""
        return sum(count - 1 for versions in self.copies.values() for count in versions.values())


def order_problems(
    accepted: Mapping[str, Collection[str]],
    stored: Mapping[str, Order],
    refused: Collection[str],
    events: Events,
) -> list[str]:
    """Return what does not balance, as sentences.

    `accepted` are the items that the clients sent under each orderID and were accepted, `refused`
    are the orderIDs for which a client can read why an order was refused.
    """
    problems = []
    for order_id, sent in accepted.items():
        if order_id not in stored:
            if order_id not in refused:
                problems.append(f"order {order_id} was accepted, and is neither stored nor refused")
        elif stored[order_id].order["item"] not in sent:
            problems.append(f"order {order_id} is stored with a content that nobody sent")
        if len(sent) > 1 and order_id not in refused:
            problems.append(f"the second order under {order_id} is not refused")
    items = Counter(order.order["item"] for order in stored.values())
    problems += [f"{item} is stored {count} times" for item, count in items.items() if count > 1]
    for order_id, order in stored.items():
        published = events.copies.get(order_id, Counter())
        versions = range(FIRST_VERSION, order.version + 1)
        missing = [str(version) for version in versions if not published[version]]
        if missing:
            problems.append(f"order {order_id}: version {', '.join(missing)} is not published")
        if unknown := published.keys() - set(versions):
            problems.append(
                f"order {order_id}: a version that it never had is published: {unknown}"
            )
    problems += [
        f"order {order_id} is published and not stored"
        for order_id in events.copies.keys() - stored.keys()
    ]
    problems += [f"order {each}: two events for one version" for each in events.second_ids]
    return problems


def stored_orders(dynamodb: Any, table: str) -> dict[str, Order]:
    """Return all orders of a table, by orderID."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = (item for page in pages for item in page["Items"])
    return {order.orderID: order for order in map(Order.from_item, items)}


def orders_with_ids(dynamodb: Any, table: str, order_ids: Iterable[str]) -> dict[str, Order]:
    """Return those of these orders that are stored, by orderID."""
    found: dict[str, Order] = {}
    for some in batched(order_ids, _BATCH, strict=False):
        waiting: dict[str, Any] = {
            table: {"Keys": [{"orderID": {"S": each}} for each in some], "ConsistentRead": True}
        }
        while waiting:
            answer = dynamodb.batch_get_item(RequestItems=waiting)
            orders = map(Order.from_item, answer["Responses"].get(table, []))
            found |= {order.orderID: order for order in orders}
            waiting = answer.get("UnprocessedKeys", {})
    return found
