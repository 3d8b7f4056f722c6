"""The publisher as tutorials show it: one message and one email per order."""

import json
import os
from typing import Any

import boto3

sns = boto3.client("sns")


def handler(event: dict[str, Any], context: Any) -> None:
    for record in event["Records"]:
        if record["eventName"] == "INSERT":
            sns.publish(
                TopicArn=os.environ["ORDER_NOTIFICATIONS_TOPIC"],
                Subject="New order",
                Message=json.dumps(record["dynamodb"]["NewImage"]),
            )
