"""The EventBridge bus of the stack, if the parameter EventBus creates one."""

from __future__ import annotations

import notifications
from botocore.exceptions import BotoCoreError, ClientError
from sending import Orders

from common import aws
from common.observability import logger

SOURCE = "storefront.orders"
"""The source of all events, for the patterns of rules. Each stack has a bus of its own."""


def exists() -> bool:
    return aws.env("EVENT_BUS") != ""


def put(orders: Orders) -> frozenset[str]:
    """Put the events of a batch on the bus. Returns the eventIDs that EventBridge accepted."""
    try:
        response = aws.events().put_events(
            Entries=[
                {
                    "EventBusName": aws.env("EVENT_BUS"),
                    "Source": SOURCE,
                    "DetailType": notifications.event_type(order),
                    "Detail": notifications.event_message(event_id, order),
                }
                for event_id, order in orders.items()
            ]
        )
    except (BotoCoreError, ClientError):
        logger.exception("events not on the bus", order_ids=[o.orderID for o in orders.values()])
        return frozenset()
    accepted = set()
    # The results are in the order of the entries (EventBridge API reference, PutEvents).
    for (event_id, order), result in zip(orders.items(), response["Entries"], strict=True):
        if code := result.get("ErrorCode"):
            logger.error("event not on the bus", correlation_id=order.orderID, code=code)
        else:
            logger.info("event on the bus", correlation_id=order.orderID)
            accepted.add(event_id)
    return frozenset(accepted)
