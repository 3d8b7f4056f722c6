"""Orders queue -> each order once in the orders table; hopeless ones to the dead-letter queue."""

from collections import Counter
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from parallel import ParallelBatchProcessor

from common.dead_letters import orders_dead_letters
from common.errors import HopelessOrder
from common.observability import logger, metrics
from common.orders import Order, order_id, orders
from common.tracing import order_segment

processor = ParallelBatchProcessor(
    EventType.SQS,
    raise_on_entire_batch_failure=False,
    logger=logger,  # type: ignore[arg-type]  # a proxy of logging.Logger
)


def keep_order(record: SQSRecord) -> str:
    """Store one order and name the outcome. What is raised here is tried again later."""
    try:
        order = Order.from_message(record)
        with order_segment(order.trace, order.orderID):
            is_new = orders().keep(order)
    except HopelessOrder as error:
        orders_dead_letters().send(record, error)
        logger.error(
            "order dead-lettered",
            correlation_id=order_id(record),
            error=type(error).__name__,
            reason=str(error),
        )
        return "OrdersDeadLettered"
    logger.info("order stored" if is_new else "order repeated", correlation_id=order.orderID)
    return "OrdersStored" if is_new else "OrdersRepeated"


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    with processor(event["Records"], keep_order):
        results = processor.process()
    outcomes = Counter(outcome for status, outcome, _ in results if status == "success")
    for outcome, count in outcomes.items():
        metrics.add_metric(outcome, MetricUnit.Count, count)
    return processor.response()
