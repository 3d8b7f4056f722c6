"""An emulated deployment for the tests of `make dlq`: its queues, its bucket, a fake Lambda."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3

from ops.dead_letters import command
from ops.dead_letters.arguments import parse
from ops.dead_letters.buckets import bucket_sources
from ops.dead_letters.queues import queue_sources
from ops.dead_letters.source import DeadLetterSource
from ops.stack import DeployedStack
from project import functions

BUCKET = "failed-events"
SQS_BATCH = 10

PUBLISHER_ARN = "arn:aws:lambda:us-east-1:123456789012:function:OrdersPublisherFunction"
LIVE_PUBLISHER_ARN = f"{PUBLISHER_ARN}:live"
"""Of its alias, which reads the stream."""
_MAPPING = "4bb8a186-edb5-40cb-9ed5-017214a8388a"


class FakeCloudFormation:
    """Lists the resources that it is given: type and physical id by logical id."""

    def __init__(self, resources: dict[str, tuple[str, str]]) -> None:
        self._resources = resources

    def get_paginator(self, operation: str) -> FakeCloudFormation:
        assert operation == "list_stack_resources"
        return self

    def paginate(self, StackName: str) -> FakeCloudFormation:  # noqa: N803
        assert StackName == "storefront"
        return self

    def search(self, expression: str) -> list[dict[str, str]]:
        assert expression == "StackResourceSummaries[]"
        return [
            {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": physical_id}
            for name, (kind, physical_id) in self._resources.items()
        ]


class FakeLambda:
    """Has one event source mapping, which uses the bucket, and returns prepared answers."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.events: list[Any] = []

    def get_event_source_mapping(self, UUID: str) -> dict[str, Any]:  # noqa: N803
        assert UUID == _MAPPING
        destination = {"OnFailure": {"Destination": f"arn:aws:s3:::{BUCKET}"}}
        return {"FunctionArn": LIVE_PUBLISHER_ARN, "DestinationConfig": destination}

    def invoke(self, **request: Any) -> dict[str, Any]:
        assert request["FunctionName"] == LIVE_PUBLISHER_ARN
        self.events.append(json.loads(request["Payload"]))
        response = self.answers.pop(0)
        return {**response, "Payload": io.BytesIO(json.dumps(response["Payload"]).encode())}


class Deployment:
    """The template's orders queues and failed-events bucket, and an operator who runs `make dlq`.

    The operator has an SQS client of its own, so that a test can disturb only the operator's
    requests (`on`).
    """

    def __init__(self) -> None:
        self.sqs: Any = boto3.client("sqs")
        self.s3: Any = boto3.client("s3")
        self.functions = FakeLambda()
        self.s3.create_bucket(Bucket=BUCKET)
        self.dead_letter_queue: str = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.dead_letter_queue, AttributeNames=["QueueArn"]
        )["Attributes"]
        redrive = functions.resource("OrdersQueue")["RedrivePolicy"]
        self.max_receives: int = redrive["maxReceiveCount"]
        policy = {**redrive, "deadLetterTargetArn": attributes["QueueArn"]}
        self.orders_queue: str = self.sqs.create_queue(
            QueueName="orders", Attributes={"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]
        self.resources = {
            "OrdersQueue": ("AWS::SQS::Queue", self.orders_queue),
            "OrdersDeadLetterQueue": ("AWS::SQS::Queue", self.dead_letter_queue),
            "OrdersPublisherFunction": ("AWS::Lambda::Function", "OrdersPublisherFunction"),
            "OrdersPublisherFunctionStream": ("AWS::Lambda::EventSourceMapping", _MAPPING),
            "FailedEventsBucket": ("AWS::S3::Bucket", BUCKET),
            "OtherBucket": ("AWS::S3::Bucket", "pictures"),
        }
        self._operator: Any = boto3.client("sqs")
        # An emulated queue has one server, so a long poll has nothing to wait for.
        self.on(
            "before-parameter-build.sqs.ReceiveMessage",
            lambda params, **_: params.update(WaitTimeSeconds=0),
        )
        clients = {
            "cloudformation": FakeCloudFormation(self.resources),
            "lambda": self.functions,
            "s3": self.s3,
            "sqs": self._operator,
        }
        self.stack = DeployedStack("storefront", "a test", lambda service, **_: clients[service])

    def on(self, event: str, call: Callable[..., object]) -> None:
        """Call this at an event of botocore in the operator's SQS client."""
        self._operator.meta.events.register(event, call)

    def dlq(self, *argv: str) -> int:
        """Run `make dlq ARGS="…"` and return its exit status."""
        sources: list[DeadLetterSource] = [*queue_sources(self.stack), *bucket_sources(self.stack)]
        return command.run(parse(argv), sources)

    def add_dead_letter(self, error: str = "UnreadableOrder", **message: Any) -> str:
        """Put a message into the dead-letter queue and return its id."""
        attributes = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in {
                "orderID": str(uuid.uuid4()),
                "deadLetterError": error,
                "deadLetterReason": "because",
            }.items()
        }
        request = {"MessageBody": "{}", "MessageAttributes": attributes} | message
        sent: str = self.sqs.send_message(QueueUrl=self.dead_letter_queue, **request)["MessageId"]
        return sent

    def dead_letter_ids(self) -> list[str]:
        """Return the message ids that any other reader of the dead-letter queue would see now."""
        return [message["MessageId"] for message in self.messages(self.dead_letter_queue)]

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Return the messages that any other reader would receive now, and leave them visible."""
        found: list[dict[str, Any]] = []
        while received := self.sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=SQS_BATCH,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages"):
            found += received
        for message in found:
            self.sqs.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return found

    def add_failed_batch(
        self, *, as_text: bool = False, function: str = LIVE_PUBLISHER_ARN
    ) -> tuple[str, dict[str, Any]]:
        """Put a failed batch into the bucket, as Lambda does. Returns its key and its event."""
        event = functions.event("orders_publisher", "many_orders")
        key = f"aws/lambda/{_MAPPING}/shardId-1/2026/03/01/2026-03-01T12.30.00-{uuid.uuid4()}"
        failure = {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": function,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 21,
            },
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": "2026-03-01T12:30:00.717Z",
            "DDBStreamBatchInfo": {"shardId": "shardId-1", "batchSize": len(event["Records"])},
            "payload": json.dumps(event) if as_text else event,
        }
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(failure))
        return key, event

    def failed_batches(self) -> dict[str, Any]:
        """Return the payloads in the bucket, by key."""
        objects = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        keys = [found["Key"] for found in objects]
        return {
            key: json.loads(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())["payload"]
            for key in keys
        }
