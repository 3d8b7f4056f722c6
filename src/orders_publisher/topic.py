"""The topics of the stack: events for programs, and emails for the shop."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import notifications
from botocore.exceptions import BotoCoreError, ClientError
from sending import Orders

from common import aws
from common.observability import logger
from common.tracing import order_segment


def publish(orders: Orders) -> frozenset[str]:
    """Publish the events of a batch. Returns the eventIDs that SNS accepted."""
    entries: list[Any] = [
        {
            "Id": event_id,
            "Message": notifications.event_message(event_id, order),
            "MessageAttributes": notifications.event_attributes(order),
        }
        for event_id, order in orders.items()
    ]
    try:
        with ExitStack() as traces:
            for order in orders.values():
                traces.enter_context(order_segment(order.trace, order.orderID))
            response = aws.sns().publish_batch(
                TopicArn=aws.env("ORDER_EVENTS_TOPIC"), PublishBatchRequestEntries=entries
            )
    except (BotoCoreError, ClientError):
        logger.exception("events not published", order_ids=[o.orderID for o in orders.values()])
        return frozenset()
    for failed in response.get("Failed", ()):
        order_id = orders[failed["Id"]].orderID
        logger.error("event not published", correlation_id=order_id, code=failed["Code"])
    published = frozenset(accepted["Id"] for accepted in response.get("Successful", ()))
    for event_id in published:
        logger.info("event published", correlation_id=orders[event_id].orderID)
    return published


def mail(orders: Orders) -> frozenset[str]:
    """Send one email about the new ones of these orders.

    Returns the eventIDs of all if SNS accepted it, or if there are no new ones.
    """
    new = [order for order in orders.values() if order.is_new]
    if not new:
        return frozenset(orders)
    try:
        aws.sns().publish(
            TopicArn=aws.env("ORDER_NOTIFICATIONS_TOPIC"),
            Subject=notifications.EMAIL_SUBJECT,
            Message=notifications.email_text(new),
        )
    except (BotoCoreError, ClientError):
        logger.exception("email not sent")
        return frozenset(i for i, order in orders.items() if not order.is_new)
    logger.info("email sent", order_ids=[order.orderID for order in new])
    return frozenset(orders)
