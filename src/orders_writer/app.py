"""Orders queue -> each order once in the orders table; hopeless ones to the dead-letter queue."""

import time
from collections import Counter
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from inserts import Kept, order_inserts

from common.api.errors import HopelessOrder
from common.dead_letters import orders_dead_letters
from common.observability import logger, metrics
from common.orders import Order, order_id
from common.parallel import map_parallel
from common.tracing import send_segment

Record = dict[str, Any]


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Keep the orders of a batch, and report the messages that are to come again."""
    records: list[Record] = event["Records"]
    settled = map_parallel(settle, zip(records, keep_orders(records), strict=True))
    for metric, count in Counter(filter(None, settled)).items():
        metrics.add_metric(metric, MetricUnit.Count, count)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]}
            for record, metric in zip(records, settled, strict=True)
            if metric is None
        ]
    }


def keep_orders(records: list[Record]) -> list[Kept]:
    """Store the orders of these messages; what came of each message."""
    start = time.time()
    read = [read_order(record) for record in records]
    placed = [order for order in read if isinstance(order, Order)]
    kept = order_inserts().keep(placed)
    for order, outcome in zip(placed, kept, strict=True):
        send_segment(order.trace, order.orderID, start, fault=isinstance(outcome, Exception))
    outcomes = iter(kept)
    return [next(outcomes) if isinstance(order, Order) else order for order in read]


def read_order(record: Record) -> Order | Exception:
    """The order in a message, or why there is none."""
    try:
        return Order.from_message(record)
    except Exception as error:  # foreseen or not, it is this message's alone
        return error


def settle(message: tuple[Record, Kept]) -> str | None:
    """Log what came of a message, and dead-letter a hopeless one.

    The metric that counts it, or None if the message is to come again.
    """
    record, outcome = message
    match outcome:
        case True:
            logger.info("order stored", correlation_id=order_id(record))
            return "OrdersStored"
        case False:
            logger.info("order repeated", correlation_id=order_id(record))
            return "OrdersRepeated"
        case HopelessOrder():
            return dead_letter(record, outcome)
    logger.warning("order comes again", correlation_id=order_id(record), exc_info=outcome)
    return None


def dead_letter(record: Record, reason: HopelessOrder) -> str | None:
    """Send a message to the dead-letter queue. The metric, or None if the queue refuses."""
    why: dict[str, Any] = {"error": type(reason).__name__, "reason": str(reason)}
    try:
        orders_dead_letters().send(record, reason)
    except (BotoCoreError, ClientError):
        logger.exception("order not dead-lettered", correlation_id=order_id(record), **why)
        return None
    logger.error("order dead-lettered", correlation_id=order_id(record), **why)
    return "OrdersDeadLettered"
