"""The writer as tutorials show it: a new id and one put per record."""

import json
import os
import uuid
from decimal import Decimal
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


def handler(event: dict[str, Any], context: Any) -> None:
    for record in event["Records"]:
        order = json.loads(record["body"], parse_float=Decimal)
        table.put_item(Item={"orderID": str(uuid.uuid4()), "order": order})
