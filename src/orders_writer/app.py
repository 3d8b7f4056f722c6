"""Orders queue -> each order once in the orders table; a refused one is told to its client."""

import time
from collections import Counter
from typing import Any

import refusals
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from order_store import NotStored, Outcome, Refused, Stored, order_store

from common.dead_letters import orders_dead_letters
from common.observability import logger, metrics
from common.orders import Order, UnreadableOrder, order_id
from common.parallel import map_parallel
from common.tracing import send_segment

Record = dict[str, Any]


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Store the orders of a batch, and report the messages that must be retried."""
    records: list[Record] = event["Records"]
    reported = map_parallel(report, zip(records, store_orders(records), strict=True))
    for metric, count in Counter(filter(None, reported)).items():
        metrics.add_metric(metric, MetricUnit.Count, count)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]}
            for record, metric in zip(records, reported, strict=True)
            if metric is None
        ]
    }


def store_orders(records: list[Record]) -> list[Outcome]:
    """Store the orders in these messages. The outcomes are in the order of the messages."""
    start = time.time()
    read = [read_order(record) for record in records]
    orders = [order for order in read if isinstance(order, Order)]
    outcomes = order_store().insert(orders)
    for order, outcome in zip(orders, outcomes, strict=True):
        send_segment(order.trace, order.orderID, start, fault=not isinstance(outcome, Stored))
    inserted = iter(outcomes)
    return [next(inserted) if isinstance(each, Order) else each for each in read]


def read_order(record: Record) -> Order | NotStored:
    """The order in a message, or the reason why there is none."""
    try:
        return Order.from_message(record)
    except Exception as error:  # even an unforeseen error must not fail the other messages
        return NotStored(error)


def report(message: tuple[Record, Outcome]) -> str | None:
    """Log the outcome of a message, and tell its client or the operator if it cannot be stored.

    Returns the metric that counts the outcome, or None if the message must be retried.
    """
    record, outcome = message
    match outcome:
        case Stored(repeated=False):
            logger.info("order stored", correlation_id=order_id(record), **queue_times(record))
            return "OrdersStored"
        case Stored(repeated=True):
            logger.info("order repeated", correlation_id=order_id(record))
            return "OrdersRepeated"
        case Refused(reason):
            return refuse(record, reason)
        case NotStored(UnreadableOrder() as error):
            return dead_letter(record, error)
        case NotStored(error):
            logger.warning("order will be retried", correlation_id=order_id(record), exc_info=error)
    return None


def queue_times(record: Record) -> dict[str, Any]:
    """When SQS accepted the message and first delivered it, in epoch milliseconds, as far as known.

    A log line must not fail an order.
    """
    names = {"queued_at": "SentTimestamp", "received_at": "ApproximateFirstReceiveTimestamp"}
    attributes = record.get("attributes", {})
    return {field: attributes[name] for field, name in names.items() if name in attributes}


def refuse(record: Record, reason: str) -> str | None:
    """Tell the client that its order is refused. Returns the metric, or None if that fails."""
    try:
        refusals.tell(Order.from_message(record), reason)
    except (BotoCoreError, ClientError):
        logger.exception("refusal not told", correlation_id=order_id(record), reason=reason)
        return None
    logger.warning("order refused", correlation_id=order_id(record), reason=reason)
    return "OrdersRefused"


def dead_letter(record: Record, reason: UnreadableOrder) -> str | None:
    """Send a message to the dead-letter queue. Returns the metric, or None if that fails."""
    why: dict[str, Any] = {"error": type(reason).__name__, "reason": str(reason)}
    try:
        orders_dead_letters().send(record, reason)
    except (BotoCoreError, ClientError):
        logger.exception("order not dead-lettered", correlation_id=order_id(record), **why)
        return None
    logger.error("order dead-lettered", correlation_id=order_id(record), **why)
    return "OrdersDeadLettered"
