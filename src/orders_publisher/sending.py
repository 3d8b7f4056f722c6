"""How the changes of a batch are sent: ten per request, and those of one order in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import notifications

from common.orders import Order
from common.parallel import map_parallel

Orders = dict[str, Order]
"""Orders as a change left them, by the eventID of its stream record, oldest first."""

# PublishBatch accepts 10 messages of 256 KiB in all, attributes included (SNS API reference), and
# PutEvents 10 entries of the same size (EventBridge user guide, "Calculating event entry size").
BATCH_ENTRIES = 10
BATCH_BYTES = 256 * 1024 - BATCH_ENTRIES * 1024


def send_in_order(orders: Orders, send: Callable[[Orders], frozenset[str]]) -> frozenset[str]:
    """Send an event per change. Returns the eventIDs that the service accepted.

    `send` sends a batch, and returns what was accepted of it. The changes of one order are sent
    one after the other, each only after the one before it was accepted.
    """
    sent = frozenset[str]()
    while orders:
        first = {order.orderID: i for i, order in reversed(orders.items())}
        now = {i: orders[i] for i in orders if i in first.values()}
        accepted = frozenset[str]().union(*map_parallel(send, _batches(now)))
        sent |= accepted
        failed = {order.orderID for order in without(now, accepted).values()}
        rest = without(orders, frozenset(now))
        orders = {i: order for i, order in rest.items() if order.orderID not in failed}
    return sent


def only(orders: Orders, event_ids: frozenset[str]) -> Orders:
    return {event_id: order for event_id, order in orders.items() if event_id in event_ids}


def without(orders: Orders, event_ids: frozenset[str]) -> Orders:
    return {event_id: order for event_id, order in orders.items() if event_id not in event_ids}


def _batches(orders: Orders) -> Iterator[Orders]:
    batch: Orders = {}
    free = BATCH_BYTES
    for event_id, order in orders.items():
        size = len(notifications.event_message(event_id, order))
        if batch and (len(batch) == BATCH_ENTRIES or size > free):
            yield batch
            batch, free = {}, BATCH_BYTES
        batch[event_id] = order
        free -= size
    if batch:
        yield batch
