"""`make dlq`: dead letters are looked at without a trace and replayed without a loss."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from common.dead_letters import DeadLetterQueue
from common.orders import OrderConflict
from ops import dlq
from ops.buckets import failed_events
from ops.letters import Letters
from ops.queues import SharedDeadLetterQueue, dead_letter_queues
from ops.stack import NoStack, Stack, find_stack
from tests import support

SQS_BATCH = 10
PUBLISHER_ARN = "arn:aws:lambda:us-east-1:123456789012:function:OrdersPublisherFunction"
BUCKET = "failed-events"
MAPPING = "4bb8a186-edb5-40cb-9ed5-017214a8388a"


class CloudFormation:
    """A fake CloudFormation that lists the resources it is given."""

    def __init__(self, resources: dict[str, tuple[str, str]]) -> None:
        self._resources = resources

    def get_paginator(self, operation: str) -> CloudFormation:
        assert operation == "list_stack_resources"
        return self

    def paginate(self, StackName: str) -> CloudFormation:  # noqa: N803
        assert StackName == "storefront"
        return self

    def search(self, expression: str) -> list[dict[str, str]]:
        assert expression == "StackResourceSummaries[]"
        return [
            {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": at}
            for name, (kind, at) in self._resources.items()
        ]


class Lambda:
    """A fake Lambda: one mapping that fails into the bucket, and answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.events: list[Any] = []

    def get_event_source_mapping(self, UUID: str) -> dict[str, Any]:  # noqa: N803
        assert UUID == MAPPING
        destination = {"OnFailure": {"Destination": f"arn:aws:s3:::{BUCKET}"}}
        return {"FunctionArn": PUBLISHER_ARN, "DestinationConfig": destination}

    def invoke(self, **request: Any) -> dict[str, Any]:
        assert request["FunctionName"] == PUBLISHER_ARN
        self.events.append(json.loads(request["Payload"]))
        answer = self.answers.pop(0)
        return {**answer, "Payload": io.BytesIO(json.dumps(answer["Payload"]).encode())}


class Shop:
    """The template's queues and its failed-events bucket, and an operator in front of them."""

    def __init__(self) -> None:
        self.sqs: Any = boto3.client("sqs")
        self.s3: Any = boto3.client("s3")
        self.functions = Lambda()
        self.s3.create_bucket(Bucket=BUCKET)
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        redrive = support.resource("OrdersQueue")["RedrivePolicy"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])
        policy = {**redrive, "deadLetterTargetArn": arn["Attributes"]["QueueArn"]}
        self.max_receives = redrive["maxReceiveCount"]
        self.orders = self.sqs.create_queue(
            QueueName="orders", Attributes={"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]
        self.resources = {
            "OrdersQueue": ("AWS::SQS::Queue", self.orders),
            "OrdersDeadLetterQueue": ("AWS::SQS::Queue", self.dead),
            "OrdersPublisherFunction": ("AWS::Lambda::Function", "OrdersPublisherFunction"),
            "OrdersPublisherFunctionStream": ("AWS::Lambda::EventSourceMapping", MAPPING),
            "FailedEventsBucket": ("AWS::S3::Bucket", BUCKET),
            "OtherBucket": ("AWS::S3::Bucket", "pictures"),
        }
        clients = {
            "cloudformation": CloudFormation(self.resources),
            "lambda": self.functions,
            "s3": self.s3,
            "sqs": boto3.client("sqs"),
        }
        # Emulated, a queue has one server, so there is nothing to wait for.
        clients["sqs"].meta.events.register(  # type: ignore[attr-defined]
            "before-parameter-build.sqs.ReceiveMessage",
            lambda params, **_: params.update(WaitTimeSeconds=0),
        )
        self.operator: Any = clients["sqs"]
        self.stack = Stack("storefront", "a test", lambda service, **_: clients[service])

    def run(self, *argv: str) -> int:
        """`make dlq ARGS="…"`."""
        places: list[Letters] = [*dead_letter_queues(self.stack), *failed_events(self.stack)]
        return dlq.run(dlq._parse(argv), places)

    def dead_letter(self, error: str = "OrderConflict", **message: Any) -> str:
        """Put a message into the dead-letter queue; its id."""
        attributes = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in {
                "orderID": str(uuid.uuid4()),
                "deadLetterError": error,
                "deadLetterReason": "because",
            }.items()
        }
        request = {"MessageBody": "{}", "MessageAttributes": attributes} | message
        sent: str = self.sqs.send_message(QueueUrl=self.dead, **request)["MessageId"]
        return sent

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """What anyone else would receive from the queue now, which is then put back."""
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

    def failed_batch(self, *, as_text: bool = False) -> tuple[str, dict[str, Any]]:
        """Put a batch into the bucket, as Lambda does; its key and its event."""
        event = support.event("orders_publisher", "many_orders")
        key = f"aws/lambda/{MAPPING}/shardId-1/2026/03/01/2026-03-01T12.30.00-{uuid.uuid4()}"
        failure = {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": PUBLISHER_ARN,
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
        """The payloads in the bucket by their keys."""
        objects = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        keys = [found["Key"] for found in objects]
        return {
            key: json.loads(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())["payload"]
            for key in keys
        }


@pytest.fixture
def shop() -> Iterator[Shop]:
    with mock_aws():
        yield Shop()


def test_list_says_which_order_and_why(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    [record] = support.event("orders_writer", "conflict")["Records"]
    order_id = record["messageAttributes"]["orderID"]["stringValue"]
    conflict = OrderConflict("another order stands")
    DeadLetterQueue(shop.dead, shop.sqs).send(record, conflict)

    status = shop.run("list")

    output = capsys.readouterr().out
    assert status == 0
    assert "OrdersDeadLetterQueue, of OrdersQueue: 1 dead letter\n" in output
    assert re.search(f"[0-9a-f]{{8}}  {order_id}  OrderConflict .* another order stands\n", output)
    assert "Desk lamp" not in output


def test_list_takes_nothing_and_hides_nothing(shop: Shop) -> None:
    ids = {shop.dead_letter() for _ in range(25)}

    shop.run("list")

    assert {message["MessageId"] for message in shop.messages(shop.dead)} == ids


def test_more_than_ten_are_listed_once_each(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    ids = {shop.dead_letter() for _ in range(25)}

    shop.run("list")

    rows = re.findall(r"^  ([0-9a-f]{8})  ", capsys.readouterr().out, re.MULTILINE)
    assert sorted(rows) == sorted(message_id[:8] for message_id in ids)


def test_a_message_delivered_twice_is_listed_once(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.dead_letter()

    def twice(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Messages"] = parsed.get("Messages", []) * 2

    shop.operator.meta.events.register("after-call.sqs.ReceiveMessage", twice)

    shop.run("list")

    assert ": 1 dead letter\n" in capsys.readouterr().out


def test_an_empty_queue_says_so(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    status = shop.run("list")

    assert status == 0
    assert "OrdersDeadLetterQueue, of OrdersQueue: no dead letters\n" in capsys.readouterr().out


def test_a_look_that_is_interrupted_gives_the_messages_back(shop: Shop) -> None:
    ids = {shop.dead_letter() for _ in range(25)}
    calls = iter([None, KeyboardInterrupt()])

    def interrupt(**_: Any) -> None:
        if error := next(calls):
            raise error

    shop.operator.meta.events.register("before-call.sqs.ReceiveMessage", interrupt)

    with pytest.raises(KeyboardInterrupt):
        shop.run("list")

    assert {message["MessageId"] for message in shop.messages(shop.dead)} == ids


def test_a_message_that_the_redrive_policy_moved_is_received_too_often(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.sqs.send_message(QueueUrl=shop.orders, MessageBody="{}")
    for _ in range(shop.max_receives + 1):
        shop.sqs.receive_message(QueueUrl=shop.orders, VisibilityTimeout=0)

    shop.run("list")

    output = capsys.readouterr().out
    assert f"OrdersQueue gave it out {shop.max_receives} times" in output
    assert "ReceivedTooOften" in output


def test_show_gives_the_whole_message(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    message_id = shop.dead_letter(MessageBody='{"item": "Chair"}')

    status = shop.run("show", message_id[:8])

    output = capsys.readouterr().out
    assert status == 0
    assert '{"item": "Chair"}' in output
    assert "ApproximateReceiveCount" in output


def test_show_of_what_is_not_there_fails(shop: Shop) -> None:
    assert shop.run("show", "00000000") == 1


def test_a_replay_keeps_body_and_attributes_to_the_byte(shop: Shop) -> None:
    """fault 21"""
    body = '{"item": "Stühle & 1 🪑", "note": "a=b&c"}'
    attributes = {
        "orderID": {"DataType": "String", "StringValue": str(uuid.uuid4())},
        "placedAt": {"DataType": "Number", "StringValue": "1772366417123"},
        "photo": {"DataType": "Binary.png", "BinaryValue": b"\x89PNG\x00\xff"},
    }
    reason = {"DataType": "String", "StringValue": "x"}
    header = {"DataType": "String", "StringValue": "Root=1-69a42b00-000000000000000000000010"}
    shop.dead_letter(
        MessageBody=body,
        MessageAttributes={**attributes, "deadLetterError": reason, "deadLetterReason": reason},
        MessageSystemAttributes={"AWSTraceHeader": header},
    )

    requests: list[Any] = []  # emulated, a batch loses the traces
    shop.operator.meta.events.register(
        "provide-client-params.sqs.SendMessageBatch",
        lambda params, **_: requests.append(params),
    )

    status = shop.run("replay", "--all")

    [message] = shop.messages(shop.orders)
    assert status == 0
    assert message["Body"] == body
    assert message["MessageAttributes"] == attributes
    [entry] = requests[0]["Entries"]
    assert entry["MessageSystemAttributes"] == {"AWSTraceHeader": header}
    assert shop.messages(shop.dead) == []


def test_a_replay_takes_all_there_are(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(25):
        shop.dead_letter()

    shop.run("replay", "--all")

    assert len(shop.messages(shop.orders)) == 25
    assert shop.messages(shop.dead) == []
    assert "25 replayed, 0 left, 0 failed" in capsys.readouterr().out


def test_a_request_holds_no_more_than_sqs_takes_at_once(shop: Shop) -> None:
    for _ in range(3):
        shop.dead_letter(MessageBody="x" * 200_000)
    requests: list[Any] = []
    shop.operator.meta.events.register(
        "provide-client-params.sqs.SendMessageBatch", lambda params, **_: requests.append(params)
    )

    shop.run("replay", "--all")

    assert [len(request["Entries"]) for request in requests] == [1, 1, 1]
    assert len(shop.messages(shop.orders)) == 3


def test_a_replay_takes_only_the_error_it_is_told(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    stays, goes = shop.dead_letter("OrderConflict"), shop.dead_letter("UnreadableOrder")

    shop.run("replay", "--error", "UnreadableOrder")

    assert [message["MessageId"] for message in shop.messages(shop.dead)] == [stays]
    assert len(shop.messages(shop.orders)) == 1
    assert "1 replayed, 1 left, 0 failed" in capsys.readouterr().out
    assert goes != stays


def test_a_replay_takes_only_the_ids_it_is_told(shop: Shop) -> None:
    stays, goes = shop.dead_letter(), shop.dead_letter()

    shop.run("replay", "--id", goes)

    assert [message["MessageId"] for message in shop.messages(shop.dead)] == [stays]


@pytest.mark.parametrize("command", [["replay", "--all"], ["discard", "--error", "OrderConflict"]])
def test_a_dry_run_changes_nothing(
    shop: Shop, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    message_id = shop.dead_letter()
    key, event = shop.failed_batch()

    shop.run(*command, "--dry-run")

    assert [message["MessageId"] for message in shop.messages(shop.dead)] == [message_id]
    assert shop.messages(shop.orders) == []
    assert shop.failed_batches() == {key: event}
    assert "nothing was changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteMessageBatch")],
    ids=["interrupted", "refused"],
)
def test_a_replay_that_stops_before_it_deletes_loses_nothing(
    shop: Shop, error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = {shop.dead_letter() for _ in range(12)}

    def stop(**_: Any) -> None:
        raise error

    shop.operator.meta.events.register("before-call.sqs.DeleteMessageBatch", stop)

    with pytest.raises(type(error)):
        shop.run("replay", "--all")

    assert {message["MessageId"] for message in shop.messages(shop.dead)} == ids
    assert len(shop.messages(shop.orders)) == SQS_BATCH
    assert "0 replayed, 12 left, 0 failed" in capsys.readouterr().out


def test_a_message_that_sqs_refuses_stays_and_is_counted(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        shop.dead_letter()

    def refuse_the_first(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Failed"] = [{"Id": "0", "Code": "InternalError", "SenderFault": False}]

    shop.operator.meta.events.register("after-call.sqs.SendMessageBatch", refuse_the_first)

    status = shop.run("replay", "--all")

    assert status == 1
    assert len(shop.messages(shop.dead)) == 1
    assert "2 replayed, 0 left, 1 failed" in capsys.readouterr().out


def test_a_message_that_fails_again_is_not_replayed_twice_in_a_run(shop: Shop) -> None:
    for _ in range(12):
        shop.dead_letter()
    replays = []

    def fail_again(**_: Any) -> None:
        received = shop.sqs.receive_message(QueueUrl=shop.orders, MaxNumberOfMessages=SQS_BATCH)
        for message in received.get("Messages", []):
            replays.append(message["MessageId"])
            shop.sqs.delete_message(QueueUrl=shop.orders, ReceiptHandle=message["ReceiptHandle"])
            shop.dead_letter()

    shop.operator.meta.events.register("after-call.sqs.SendMessageBatch", fail_again)

    shop.run("replay", "--all")

    assert len(replays) == 12
    assert len(shop.messages(shop.dead)) == 12


def test_a_queue_that_fills_as_fast_as_it_is_read_is_read_for_a_time(shop: Shop) -> None:
    [queue] = dead_letter_queues(shop.stack)
    shop.dead_letter()
    shop.operator.meta.events.register(
        "after-call.sqs.ReceiveMessage", lambda **_: shop.dead_letter()
    )

    with queue.hold(1) as letters:
        read = len(letters)

    assert read > 1
    assert queue.has_more


def test_a_dead_letter_queue_of_two_queues_is_refused(shop: Shop) -> None:
    shop.resources["OtherQueue"] = shop.resources["OrdersQueue"]

    with pytest.raises(SharedDeadLetterQueue, match="OrdersQueue and OtherQueue"):
        shop.run("list")


def test_discard_deletes_what_it_is_told_and_no_more(shop: Shop) -> None:
    stays, goes = shop.dead_letter(), shop.dead_letter()

    status = shop.run("discard", goes)

    assert status == 0
    assert [message["MessageId"] for message in shop.messages(shop.dead)] == [stays]
    assert shop.messages(shop.orders) == []


@pytest.mark.parametrize(
    "argv", [["replay"], ["discard"], ["discard", "--all"], ["show"], ["replay", "--id", ""]]
)
def test_nothing_is_done_to_letters_that_nobody_named(argv: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        dlq.main(argv)


def test_a_failed_batch_is_listed_without_its_orders(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    key, event = shop.failed_batch()

    shop.run("list")

    output = capsys.readouterr().out
    assert "FailedEventsBucket, of OrdersPublisherFunction: 1 dead letter\n" in output
    assert f"{key[-36:][:8]}  {len(event['Records'])} records  RetryAttemptsExhausted" in output
    assert "Unhandled, tried 21 times" in output
    assert "Chair" not in output


@pytest.mark.parametrize("as_text", [True, False])
def test_a_failed_batch_is_published_and_then_deleted(shop: Shop, *, as_text: bool) -> None:
    """fault 24"""
    _, event = shop.failed_batch(as_text=as_text)
    shop.functions.answers = [{"Payload": {"batchItemFailures": []}}]

    status = shop.run("replay", "--all")

    assert status == 0
    assert shop.functions.events == [event]
    assert shop.failed_batches() == {}


def test_a_batch_whose_function_fails_stays_whole(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    key, event = shop.failed_batch()
    error = {"errorType": "KeyError", "errorMessage": "'NewImage'"}
    shop.functions.answers = [{"FunctionError": "Unhandled", "Payload": error}]

    status = shop.run("replay", "--all")

    assert status == 1
    assert shop.failed_batches() == {key: event}
    assert "KeyError: 'NewImage'" in capsys.readouterr().out


def test_a_batch_that_fails_in_part_stays_from_its_first_failure_on(shop: Shop) -> None:
    key, event = shop.failed_batch()
    failed = [{"itemIdentifier": event["Records"][n]["dynamodb"]["SequenceNumber"]} for n in (5, 3)]
    shop.functions.answers = [{"Payload": {"batchItemFailures": failed}}]

    status = shop.run("replay", "--all")

    assert status == 1
    assert shop.failed_batches() == {key: {"Records": event["Records"][3:]}}


def test_a_batch_names_no_function_of_somebody_else(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    key, event = shop.failed_batch()
    stored = shop.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    other = stored.replace(b"OrdersPublisherFunction", b"SomebodyElses")
    shop.s3.put_object(Bucket=BUCKET, Key=key, Body=other)

    status = shop.run("replay", "--all")

    assert status == 1
    assert shop.functions.events == []
    assert shop.failed_batches() == {key: event}
    assert "no function of this stack" in capsys.readouterr().out


def test_the_local_stack_is_the_default(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    outputs = {"Endpoint": "http://127.0.0.1:4566", "Region": "us-east-1", "Stack": "storefront"}
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(outputs))

    stack = find_stack(None, None, tmp_path)

    assert stack.place == "Local stack storefront at http://127.0.0.1:4566"
    assert stack.client("sqs").meta.endpoint_url == "http://127.0.0.1:4566"


def test_without_a_local_stack_one_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(NoStack, match="make up"):
        find_stack(None, None, tmp_path)


def test_a_named_stack_goes_before_the_local_one() -> None:
    stack = find_stack("shop", "eu-central-1")

    assert stack.place == "Stack shop in eu-central-1"
    assert stack.client("sqs").meta.region_name == "eu-central-1"


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_an_environment_is_the_stack_that_deploy_makes(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENV", environment)

    names = {find_stack(None, None).name, find_stack("other", None).name}

    assert len(names) == 2
    assert "other" in names


def test_an_unknown_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV", "prdo")

    with pytest.raises(NoStack, match="prdo"):
        find_stack(None, None)
