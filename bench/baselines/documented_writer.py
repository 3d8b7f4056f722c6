"""The writer as Powertools documents it: batch, parser, an idempotent function per record."""

import os
from decimal import Decimal
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser import BaseModel, parse

logger = Logger(service="writer")
tracer = Tracer(service="writer")
metrics = Metrics(namespace="bench", service="writer")
processor = BatchProcessor(event_type=EventType.SQS)
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig()
table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


class Order(BaseModel):
    item: str
    customerID: str | None = None
    quantity: Decimal | None = None
    note: str | None = None


@idempotent_function(  # type: ignore[untyped-decorator]
    data_keyword_argument="order_id", config=config, persistence_store=persistence
)
def keep(order_id: str, order: Order) -> None:
    table.put_item(Item={"orderID": order_id, "order": order.model_dump(exclude_none=True)})


def keep_record(record: SQSRecord) -> None:
    order_id = record.raw_event["messageAttributes"]["orderID"]["stringValue"]
    keep(order_id=order_id, order=parse(event=record.json_body, model=Order))
    metrics.add_metric("OrdersStored", MetricUnit.Count, 1)
    logger.info("order stored", order_id=order_id)


@tracer.capture_lambda_handler
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    config.register_lambda_context(context)
    return process_partial_response(event, keep_record, processor, context)
