"""Stream of the orders table -> an event on SNS, and on an event bus if there is one, per new order
and per change of a state; an email about the new orders of a batch.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import event_bus
import topic
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from publish_progress import Progress, ProgressTable
from sending import Orders, only, send_in_order, without

from common import aws
from common.observability import logger, metrics
from common.orders import TRANSITION, Order


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the changes of a batch, and report the records that must be retried."""
    records = [record for record in event["Records"] if is_published(record)]
    changed = {r["eventID"]: Order.from_item(r["dynamodb"]["NewImage"]) for r in records}
    unfinished = publish_orders(changed) if changed else frozenset()
    finished = without(changed, unfinished).values()
    placed = sum(order.is_new for order in finished)
    metrics.add_metric("OrdersPublished", MetricUnit.Count, placed)
    metrics.add_metric("OrderChangesPublished", MetricUnit.Count, len(finished) - placed)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["dynamodb"]["SequenceNumber"]}
            for record in records
            if record["eventID"] in unfinished
        ]
    }


def is_published(record: dict[str, Any]) -> bool:
    """Whether the record is a new order or a change of a state. An erasure is neither.

    Nor is an order that `make restore` has inserted: unlike a new one, it has a last write.
    """
    match record:
        case {"eventName": "INSERT", "dynamodb": {"NewImage": image}}:
            return "lastWrite" not in image
        case {"eventName": "MODIFY", "dynamodb": {"NewImage": {"lastWrite": {"S": last_write}}}}:
            return bool(last_write == TRANSITION)
    return False


def publish_orders(changed: Orders) -> frozenset[str]:
    """Do with the changes what no earlier attempt did. Returns the unfinished eventIDs.

    A change is published on the topic first. Only then it is put on the bus, and mailed.
    """
    try:
        before = progress().get(changed)
    except (BotoCoreError, ClientError):
        logger.exception("progress not read, nothing published")
        return frozenset(changed)

    sent = send_in_order(without(changed, before.published), topic.publish)
    measure_delays(only(changed, sent))
    published = before.published | sent
    on_bus = published
    if event_bus.exists():
        waiting = only(changed, published - before.on_bus)
        on_bus = before.on_bus | send_in_order(waiting, event_bus.put)
    mailed = before.mailed | topic.mail(only(changed, published - before.mailed))

    unfinished = frozenset(changed) - (on_bus & mailed)
    if unfinished and published:
        try:
            progress().save(changed, Progress(published, on_bus, mailed))
        except (BotoCoreError, ClientError):
            logger.exception("progress not saved, some orders may be published twice")
    return unfinished


def measure_delays(published: Orders) -> None:
    """Record for each new order how long it took, from its acceptance by the API until now.

    docs/service-levels.md promises a time. An order is measured once, also if its batch is retried.
    """
    now = datetime.now(UTC)
    for order in published.values():
        if order.is_new:
            delay = now - datetime.fromisoformat(order.placedAt)
            milliseconds = max(0, delay // timedelta(milliseconds=1))  # clocks differ a little
            metrics.add_metric("OrdersPublishDelay", MetricUnit.Milliseconds, milliseconds)


@cache
def progress() -> ProgressTable:
    """The deployed table."""
    return ProgressTable(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())
