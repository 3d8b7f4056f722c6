"""boto3 clients for the emulator, with its region and credentials."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3

REGION = "us-east-1"
STACK = "storefront"

# These isolate the stack from the developer's own AWS configuration.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
AWS_ENVIRONMENT = CREDENTIALS | {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

type Outputs = dict[str, str]


def client(service: str, endpoint: str, **options: Any) -> Any:
    """Return a boto3 client for the emulator at this endpoint.

    An empty endpoint means AWS: a deployed stack has none, so boto3 finds region and credentials
    as every AWS tool does.
    """
    if endpoint:
        emulator = {
            "endpoint_url": endpoint,
            "region_name": REGION,
            "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        }
        options = emulator | options
    return boto3.client(service, **options)  # type: ignore[call-overload]


def subscribed_queue(name: str, topic: str, endpoint: str) -> str:
    """Return the URL of a queue that is subscribed to the topic. Creates it if necessary."""
    return subscribe(client("sqs", endpoint), client("sns", endpoint), name, topic)[0]


def subscribe(sqs: Any, sns: Any, name: str, topic: str) -> tuple[str, str]:
    """Subscribe a queue to the topic. Returns the queue's URL and the subscription's ARN."""
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    [arn] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
        "Attributes"
    ].values()
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    return url, made["SubscriptionArn"]
