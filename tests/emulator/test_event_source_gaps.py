"""The gaps of the emulator's event source mappings and queues."""

from __future__ import annotations

import urllib.request
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local.emulator_clients import REGION
from local.stack_probe import wait_for
from tests.emulator.conftest import ROOT_USER, Emulator, unique
from tests.emulator.gaps import gap

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("bare emulator")]

REPORTS = ["ReportBatchItemFailures"]
PRINTS = 'def handler(event, _):\n    print("got", len(event["Records"]))\n'
RAISES = PRINTS + '    raise ValueError("always")\n'
FAILS = PRINTS + '    return {"batchItemFailures": [{"itemIdentifier": ITEM}]}\n'
FIRST = 'event["Records"][0]["dynamodb"]["SequenceNumber"]'


def table_with(emulator: Emulator, *ids: str) -> tuple[str, str]:
    """Create a table with these items. Returns its name and the ARN of its stream."""
    dynamodb, table = emulator.client("dynamodb"), unique("table")
    created = dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    for each in ids:
        dynamodb.put_item(TableName=table, Item={"id": {"S": each}})
    return table, created["TableDescription"]["LatestStreamArn"]


def read(emulator: Emulator, stream: str, code: str, **mapping: Any) -> str:
    """Let a function read a stream from its beginning. Returns its name."""
    function = emulator.function(code)
    emulator.client("lambda").create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=stream,
        StartingPosition="TRIM_HORIZON",
        **mapping,
    )
    return function


def queued(emulator: Emulator, code: str, **mapping: Any) -> tuple[str, str]:
    """Create a queue that invokes a function. Returns its URL and the function's name."""
    sqs, function = emulator.client("sqs"), emulator.function(code)
    queue: str = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    names = ["QueueArn"]
    [arn] = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()
    emulator.client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, **mapping
    )
    return queue, function


@gap("stream mappings")
def test_a_stream_has_no_window_and_ignores_partial_batch_responses(emulator: Emulator) -> None:
    table, stream = table_with(emulator, "a", "b")

    function = read(
        emulator,
        stream,
        FAILS.replace("ITEM", FIRST),
        FunctionResponseTypes=REPORTS,
        MaximumBatchingWindowInSeconds=300,
    )
    wait_for("the first batch", partial(emulator.lines, function))
    emulator.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "c"}})
    wait_for("the second batch", lambda: len(emulator.lines(function)) > 1)

    assert emulator.lines(function) == ["got 2", "got 1"]


@gap("stream mappings")
def test_a_stream_neither_bisects_nor_gives_up(emulator: Emulator) -> None:
    s3, bucket = emulator.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    _, stream = table_with(emulator, "a", "b")

    function = read(
        emulator,
        stream,
        RAISES,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    wait_for("retries", lambda: len(emulator.lines(function)) > 1)

    assert set(emulator.lines(function)) == {"got 2"}
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@gap("queue mappings")
def test_a_queue_has_no_window_and_at_most_ten_messages_in_a_batch(emulator: Emulator) -> None:
    queue, function = queued(emulator, PRINTS, BatchSize=12, MaximumBatchingWindowInSeconds=300)
    entries = [{"Id": str(number), "MessageBody": "text"} for number in range(6)]

    for _ in range(2):
        emulator.client("sqs").send_message_batch(QueueUrl=queue, Entries=entries)
    wait_for("two batches", lambda: len(emulator.lines(function)) > 1)

    assert "got 12" not in emulator.lines(function)


@gap("queue mappings")
def test_a_queue_takes_an_invalid_response_as_a_success(emulator: Emulator) -> None:
    invalid = FAILS.replace("ITEM", '""')
    queue, function = queued(emulator, invalid, FunctionResponseTypes=REPORTS)
    sqs = emulator.client("sqs")

    sqs.send_message(QueueUrl=queue, MessageBody="text")
    wait_for("the batch", partial(emulator.lines, function))
    hidden = "ApproximateNumberOfMessagesNotVisible"
    attributes = partial(sqs.get_queue_attributes, QueueUrl=queue, AttributeNames=[hidden])
    found = wait_for(
        "the end of the batch", lambda: attributes()["Attributes"][hidden] == "0", seconds=5
    )

    assert found


@gap("`StartMessageMoveTask` (SQS redrive)")
def test_a_redrive_is_not_supported(emulator: Emulator) -> None:
    queue = f"arn:aws:sqs:{REGION}:000000000000:{unique('queue')}"

    with pytest.raises(ClientError) as refused:
        emulator.client("sqs").start_message_move_task(SourceArn=queue)

    assert refused.value.response["Error"]["Code"] == "InvalidAction"


@gap("a trace header in a form")
def test_the_trace_header_of_a_form_is_dropped(emulator: Emulator) -> None:
    sqs = emulator.client("sqs")
    queue = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    form = {
        "Action": "SendMessage",
        "MessageBody": "text",
        "MessageSystemAttribute.1.Name": "AWSTraceHeader",
        "MessageSystemAttribute.1.Value.DataType": "String",
        "MessageSystemAttribute.1.Value.StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793",
    }
    signed = AWSRequest("POST", queue, {"Content-Type": "application/x-www-form-urlencoded"})
    signed.data = urlencode(form).encode()
    SigV4Auth(Credentials(*ROOT_USER.values()), "sqs", REGION).add_auth(signed)

    request = urllib.request.Request(queue, signed.data, dict(signed.headers.items()))
    urllib.request.urlopen(request).close()
    [message] = sqs.receive_message(
        QueueUrl=queue, MessageSystemAttributeNames=["All"], WaitTimeSeconds=5
    )["Messages"]

    assert "AWSTraceHeader" not in message["Attributes"]
