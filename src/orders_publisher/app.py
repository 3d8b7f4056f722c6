"""Stream of the orders table -> an event on SNS per new order and per change of a state, and an
email about the new orders of a batch.
"""

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
from common.order_states import FIRST_VERSION
from common.orders import TRANSITION, Order
from common.parallel import map_parallel
from common.tracing import order_segment

Orders = dict[str, Order]
"""Orders as a change left them, by the eventID of its stream record, oldest first."""

# PublishBatch accepts 10 messages of 256 KiB in all, attributes included (SNS API reference).
BATCH_ENTRIES = 10
BATCH_BYTES = 256 * 1024 - BATCH_ENTRIES * 1024


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the changes of a batch, and report the records that must be retried."""
    records = [record for record in event["Records"] if is_published(record)]
    changed = {r["eventID"]: Order.from_item(r["dynamodb"]["NewImage"]) for r in records}
    unfinished = publish_orders(changed) if changed else frozenset()
    placed = [each for i, each in changed.items() if is_new(each) and i not in unfinished]
    metrics.add_metric("OrdersPublished", MetricUnit.Count, len(placed))
    changes = len(changed) - len(unfinished) - len(placed)
    metrics.add_metric("OrderChangesPublished", MetricUnit.Count, changes)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["dynamodb"]["SequenceNumber"]}
            for record in records
            if record["eventID"] in unfinished
        ]
    }


def is_published(record: dict[str, Any]) -> bool:
    """Whether the record is a new order or a change of a state. An erasure is neither."""
    match record:
        case {"eventName": "INSERT"}:
            return True
        case {"eventName": "MODIFY", "dynamodb": {"NewImage": {"lastWrite": {"S": last_write}}}}:
            return bool(last_write == TRANSITION)
    return False


def is_new(order: Order) -> bool:
    return order.version == FIRST_VERSION


def publish_orders(changed: Orders) -> frozenset[str]:
    """Publish and mail what no earlier attempt did. Returns the unfinished eventIDs."""
    try:
        before = progress().get(changed)
    except (BotoCoreError, ClientError):
        logger.exception("progress not read, nothing published")
        return frozenset(changed)

    published = before.published | publish_events(_without(changed, before.published))
    unmailed = {i: changed[i] for i in changed if i in published - before.mailed}
    mailed = before.mailed | mail(unmailed)

    unfinished = [event_id for event_id in changed if event_id not in mailed]
    if unfinished and published:
        try:
            progress().save(changed, Progress(published, mailed))
        except (BotoCoreError, ClientError):
            logger.exception("progress not saved, some orders may be published twice")
    return frozenset(unfinished)


def publish_events(orders: Orders) -> frozenset[str]:
    """Publish an event per change. Returns the eventIDs that SNS accepted.

    The changes of one order are published one after the other, each only after the one before it.
    """
    published = frozenset[str]()
    while orders:
        first = {order.orderID: i for i, order in reversed(orders.items())}
        now = {i: orders[i] for i in orders if i in first.values()}
        accepted = frozenset[str]().union(*map_parallel(_publish_batch, _batches(now)))
        published |= accepted
        failed = {order.orderID for order in _without(now, accepted).values()}
        rest = _without(orders, frozenset(now))
        orders = {i: order for i, order in rest.items() if order.orderID not in failed}
    return published


def mail(orders: Orders) -> frozenset[str]:
    """Send one email about the new ones of these orders.

    Returns the eventIDs of all if SNS accepted it, or if there are no new ones.
    """
    new = [order for order in orders.values() if is_new(order)]
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
        return frozenset(i for i, order in orders.items() if not is_new(order))
    logger.info("email sent", order_ids=[order.orderID for order in new])
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
