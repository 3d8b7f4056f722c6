"""Stream of the orders table -> an event on SNS per new order, and an email per batch."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import notifications
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from publish_progress import Progress, ProgressTable

from common import aws
from common.observability import logger, metrics
from common.orders import Order
from common.parallel import map_parallel
from common.tracing import order_segment

Orders = dict[str, Order]
"""Orders by the eventID of their stream record, oldest first."""

# PublishBatch accepts 10 messages of 256 KiB in all, attributes included (SNS API reference).
BATCH_ENTRIES = 10
BATCH_BYTES = 256 * 1024 - BATCH_ENTRIES * 1024


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the new orders of a batch, and report the records that must be retried."""
    inserts = [record for record in event["Records"] if record["eventName"] == "INSERT"]
    placed = {r["eventID"]: Order.from_item(r["dynamodb"]["NewImage"]) for r in inserts}
    unfinished = publish_orders(placed) if placed else frozenset()
    metrics.add_metric("OrdersPublished", MetricUnit.Count, len(placed) - len(unfinished))
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["dynamodb"]["SequenceNumber"]}
            for record in inserts
            if record["eventID"] in unfinished
        ]
    }


def publish_orders(placed: Orders) -> frozenset[str]:
    """Publish and mail the orders that no earlier attempt did. Returns the unfinished eventIDs."""
    try:
        before = progress().get(placed)
    except (BotoCoreError, ClientError):
        logger.exception("progress not read, nothing published")
        return frozenset(placed)

    published = before.published | publish_events(_without(placed, before.published))
    mailed = before.mailed | mail({i: placed[i] for i in placed if i in published - before.mailed})

    unfinished = [event_id for event_id in placed if event_id not in mailed]
    if unfinished:
        try:
            progress().save(Progress(published, mailed))
        except (BotoCoreError, ClientError):
            logger.exception("progress not saved, some orders may be published twice")
    return frozenset(unfinished)


def publish_events(orders: Orders) -> frozenset[str]:
    """Publish an event per order. Returns the eventIDs that SNS accepted."""
    return frozenset[str]().union(*map_parallel(_publish_batch, _batches(orders)))


def mail(orders: Orders) -> frozenset[str]:
    """Send one email about all these orders. Returns their eventIDs if SNS accepted it."""
    if not orders:
        return frozenset()
    try:
        aws.sns().publish(
            TopicArn=aws.env("ORDER_NOTIFICATIONS_TOPIC"),
            Subject=notifications.EMAIL_SUBJECT,
            Message=notifications.email_text(list(orders.values())),
        )
    except (BotoCoreError, ClientError):
        logger.exception("email not sent")
        return frozenset()
    logger.info("email sent", order_ids=[order.orderID for order in orders.values()])
    return frozenset(orders)


@cache
def progress() -> ProgressTable:
    """The deployed table."""
    return ProgressTable(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())


def _publish_batch(orders: Orders) -> frozenset[str]:
    entries: list[Any] = [
        {
            "Id": event_id,
            "Message": notifications.event_message(event_id, order),
            "MessageAttributes": {
                "type": {"DataType": "String", "StringValue": "order.placed"},
                "placedBy": {"DataType": "String", "StringValue": order.placedBy},
            },
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


def _without(orders: Orders, done: frozenset[str]) -> Orders:
    return {event_id: order for event_id, order in orders.items() if event_id not in done}
