"""The gaps of the emulator's other services."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.emulator import failed_start
from tests.emulator.conftest import Emulator, unique
from tests.emulator.gaps import gap
from tests.emulator.test_function_logs import logs_of_three_invocations

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("bare emulator")]

RoleClient = Callable[..., Any]


@pytest.fixture
def table(emulator: Emulator) -> str:
    """The name of a table with a stream."""
    name = unique("table")
    emulator.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return name


def insert(dynamodb: Any, table: str, *ids: str) -> list[Any]:
    """Insert items by PartiQL. Returns the responses to the statements."""
    statements = [{"Statement": f"INSERT INTO \"{table}\" VALUE {{'id': '{i}'}}"} for i in ids]
    responses: list[Any] = dynamodb.batch_execute_statement(Statements=statements)["Responses"]
    return responses


def records(emulator: Emulator, table: str) -> list[Any]:
    """Return the records on the stream of a table."""
    arn = emulator.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams = emulator.client("dynamodbstreams")
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[Any] = streams.get_records(ShardIterator=iterator)["Records"]
    return found


@gap("PartiQL inserts")
def test_inserts_do_not_reach_the_stream(emulator: Emulator, table: str) -> None:
    insert(emulator.client("dynamodb"), table, "a")

    assert records(emulator, table) == []


@gap("PartiQL inserts")
def test_a_batch_may_insert_a_key_twice(emulator: Emulator, table: str) -> None:
    try:
        inserted = len(insert(emulator.client("dynamodb"), table, "a", "a"))
    except ClientError:  # ValidationException, as DynamoDB answers
        inserted = 0

    assert inserted == 2


@gap("PartiQL inserts")
def test_inserts_require_an_action_that_iam_does_not_have(
    role_client: RoleClient, table: str
) -> None:
    allowed = role_client("dynamodb", "dynamodb:PartiQLInsert")

    with pytest.raises(ClientError) as refused:
        insert(allowed, table, "a")

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


@gap("`PublishBatch` of SNS")
def test_publish_batch_requires_an_action_that_iam_does_not_have(
    emulator: Emulator, role_client: RoleClient
) -> None:
    topic = emulator.client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    allowed = role_client("sns", "sns:Publish")

    with pytest.raises(ClientError) as refused:
        allowed.publish_batch(
            TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "text"}]
        )

    assert "sns:PublishBatch" in str(refused.value)


@gap("`SendEmail` of SES")
def test_an_email_requires_a_permission_for_all_identities(
    emulator: Emulator, role_client: RoleClient
) -> None:
    emulator.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    identity = "arn:aws:ses:us-east-1:000000000000:identity/shop.example"
    allowed = role_client("sesv2", "ses:SendEmail", resource=identity)

    with pytest.raises(ClientError) as refused:
        allowed.send_email(
            FromEmailAddress="orders@shop.example",
            Destination={"ToAddresses": ["ada@home.example"]},
            Content={"Simple": {"Subject": {"Data": "hello"}, "Body": {"Text": {"Data": "hello"}}}},
        )

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


@gap("a function that raises an error")
def test_an_error_ends_the_process_of_a_function(emulator: Emulator) -> None:
    function = emulator.function(
        "import os\ndef handler(event, _):\n    return 1 / event and os.getpid()\n"
    )
    lambda_client = emulator.client("lambda")

    def result(event: int) -> str:
        answer = lambda_client.invoke(FunctionName=function, Payload=json.dumps(event))
        text: str = answer["Payload"].read().decode()
        return text

    before, error, after = result(1), result(0), result(1)

    assert "division by zero" in error
    assert before != after


@gap("a function that does not start")
def test_a_failed_start_ends_all_environments(emulator: Emulator, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    function = emulator.function(failed_start.code(marker), Timeout=60)

    ended, _ = failed_start.invoke_twice(emulator.client("lambda"), function, marker)

    assert "died" in ended["errorMessage"]


@gap("a function's log")
def test_the_last_line_of_a_log_may_be_in_the_next_one() -> None:
    first, second, _ = logs_of_three_invocations()

    assert [first, second] == ["first", "last 0\nfirst"]


@gap("a function's memory")
def test_a_function_may_use_more_than_its_memory(emulator: Emulator) -> None:
    megabytes = 300
    function = emulator.function(
        f"def handler(event, _):\n    return len(bytes({megabytes} * 2**20))\n", MemorySize=128
    )

    answer = emulator.client("lambda").invoke(FunctionName=function)

    assert json.loads(answer["Payload"].read()) == megabytes * 2**20


@gap("lifecycle rules of buckets")
def test_a_lifecycle_rule_has_no_effect(emulator: Emulator) -> None:
    s3, bucket = emulator.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    rule = {"ID": "all", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})

    stored = s3.put_object(Bucket=bucket, Key="key", Body=b"text")

    assert "Expiration" not in stored  # S3 says when the rule expires the object


@gap("traces")
def test_x_ray_is_not_emulated(emulator: Emulator) -> None:
    once = Config(retries={"total_max_attempts": 1})

    with pytest.raises(ClientError):
        emulator.client("xray", config=once).put_trace_segments(TraceSegmentDocuments=["{}"])


@gap("alarms")
def test_queues_have_no_metrics(emulator: Emulator) -> None:
    sqs = emulator.client("sqs")
    queue = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]

    sqs.send_message(QueueUrl=queue, MessageBody="text")
    metrics = emulator.client("cloudwatch").list_metrics(Namespace="AWS/SQS")["Metrics"]

    assert metrics == []
