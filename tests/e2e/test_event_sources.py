"""Event source mappings on the local stack: what is retried, given up, gathered and limited."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, batched
from typing import Any

import pytest

from local.api_user import ApiUser
from local.emulator_clients import Outputs, client
from local.stack_probe import wait_for
from ops.dead_letters import command
from ops.stack import DeployedStack
from tests.e2e.conftest import Events
from tests.e2e.publisher_log import PublisherLog
from tests.e2e.test_orders import GLOVES, place

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("changes mappings and a role, and puts an invalid order into the table"),
]

type Capture = pytest.CaptureFixture[str]

RETRIES = 2
"""Instead of the template's 20, so that the tests are quick."""


class FailedBatches:
    """The batches of the publisher that Lambda gave up since the test began, by key."""

    def __init__(self, s3: Any, bucket: str, mapping: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = f"aws/lambda/{mapping}/"
        self._before = set(self._keys())

    def new(self) -> dict[str, dict[str, Any]]:
        return {
            key: json.loads(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
            for key in set(self._keys()) - self._before
        }

    def orders(self) -> list[str]:
        """The orderIDs of all records."""
        return [
            record["dynamodb"]["Keys"]["orderID"]["S"]
            for batch in self.new().values()
            for record in json.loads(batch["payload"])["Records"]
        ]

    def discard(self) -> None:
        for key in self.new():
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def _keys(self) -> list[str]:
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix)
        return [each["Key"] for each in listed.get("Contents", ())]


@pytest.fixture
def failed_batches(deployed: DeployedStack) -> Iterator[FailedBatches]:
    """What the publisher's mapping gives up, after fewer retries than in the template."""
    lambda_client = deployed.client("lambda")
    mapping = deployed.resources("AWS::Lambda::EventSourceMapping")["OrdersPublisherFunctionStream"]
    bucket = deployed.resources("AWS::S3::Bucket")["FailedEventsBucket"]
    before = lambda_client.get_event_source_mapping(UUID=mapping)["MaximumRetryAttempts"]
    lambda_client.update_event_source_mapping(UUID=mapping, MaximumRetryAttempts=RETRIES)
    batches = FailedBatches(deployed.client("s3"), bucket, mapping)
    yield batches
    lambda_client.update_event_source_mapping(UUID=mapping, MaximumRetryAttempts=before)
    batches.discard()


@pytest.fixture
def sns_refuses(deployed: DeployedStack) -> Iterator[Callable[[], None]]:
    """SNS refuses what the publisher sends, until the returned function is called."""
    iam = deployed.client("iam")
    role = deployed.resources("AWS::IAM::Role")["OrdersPublisherFunctionRole"]
    deny = {"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=role, PolicyName="refuse", PolicyDocument=policy)
    end = partial(iam.delete_role_policy, RoleName=role, PolicyName="refuse")
    ended: list[bool] = []
    yield lambda: ended.append(bool(end()))
    if not ended:
        end()


@pytest.fixture
def poison(outputs: Outputs) -> Iterator[Callable[[], str]]:
    """Put an item that is not an order into the table. Returns its orderID."""
    dynamodb = client("dynamodb", outputs)
    keys: list[dict[str, Any]] = []

    def put() -> str:
        keys.append({"orderID": {"S": f"by-hand-{uuid.uuid4()}"}})
        dynamodb.put_item(TableName=outputs["OrdersTable"], Item=keys[-1])
        order_id: str = keys[-1]["orderID"]["S"]
        return order_id

    yield put
    for key in keys:
        dynamodb.delete_item(TableName=outputs["OrdersTable"], Key=key)


def test_a_poisoned_record_ends_in_the_bucket_and_the_others_are_published_once(
    api_user: ApiUser,
    events: Events,
    publisher_log: PublisherLog,
    poison: Callable[[], str],
    failed_batches: FailedBatches,
    operator: list[str],
    capsys: Capture,
) -> None:
    """fault 24"""
    before = [place(api_user, GLOVES) for _ in range(2)]
    poisoned = poison()
    after = [place(api_user, GLOVES) for _ in range(2)]

    for order_id in before + after:
        wait_for("an event", partial(events.of, order_id))
    [(key, batch)] = wait_for("a failed batch", failed_batches.new).items()
    listed = command.main(["list", *operator])

    assert failed_batches.orders() == [poisoned]
    assert publisher_log.published(before + after) == [1] * 4
    assert [len(events.of(order_id)) for order_id in before + after] == [1] * 4
    assert batch["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert batch["requestContext"]["approximateInvokeCount"] == RETRIES + 1
    day, hour = r"\d{4}/\d\d/\d\d", r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d"
    assert re.fullmatch(rf"aws/lambda/[^/]{{36}}/shardId-[^/]+/{day}/{hour}-[0-9a-f-]{{36}}", key)
    assert listed == 0
    assert f"{key[-36:][:8]}  1 record  RetryAttemptsExhausted" in capsys.readouterr().out


def test_orders_that_sns_refused_are_published_once_when_an_operator_replays_them(
    api_user: ApiUser,
    events: Events,
    publisher_log: PublisherLog,
    sns_refuses: Callable[[], None],
    failed_batches: FailedBatches,
    operator: list[str],
) -> None:
    """faults 24, 27"""
    order_ids = [place(api_user, GLOVES) for _ in range(2)]
    wait_for("all failed orders", lambda: len(failed_batches.orders()) >= len(order_ids))
    [*batches] = failed_batches.new()
    sns_refuses()

    replayed = command.main(["replay", *(key[-36:] for key in batches), *operator])
    for order_id in order_ids:
        wait_for("an event", partial(events.of, order_id))

    assert replayed == 0
    assert failed_batches.new() == {}
    assert publisher_log.published(order_ids) == [1] * 2
    assert [len(events.of(order_id)) for order_id in order_ids] == [1] * 2


FUNCTION = """
import os, time

def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    print("began", time.time(), *bodies)
    time.sleep(float(os.environ["SECONDS"]))
    print("ended", time.time())
    failed = [r["messageId"] for r in event["Records"]
        if r["body"] == "fail once" and r["attributes"]["ApproximateReceiveCount"] == "1"]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""


class Consumer:
    """A queue with a function that writes to its log which messages it gets, and when."""

    def __init__(
        self, deployed: DeployedStack, function: str, visibility: int, **mapping: Any
    ) -> None:
        self._sqs, self._logs = deployed.client("sqs"), deployed.client("logs")
        self._lambda = deployed.client("lambda")
        self._function = function
        self._queue = self._sqs.create_queue(
            QueueName=function, Attributes={"VisibilityTimeout": str(visibility)}
        )["QueueUrl"]
        [arn] = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])[
            "Attributes"
        ].values()
        self._mapping = self._lambda.create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=arn,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            **mapping,
        )["UUID"]

    def send(self, *bodies: str) -> None:
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
        for ten in batched(entries, 10, strict=False):
            self._sqs.send_message_batch(QueueUrl=self._queue, Entries=list(ten))

    def batches(self) -> list[list[str]]:
        """The bodies of each batch whose invocation has ended or still runs."""
        return [words[2:] for words in self._lines() if words[0] == "began"]

    def most_at_once(self, invocations: int) -> int:
        """Wait for the end of so many invocations. Returns how many ran at the same time."""
        both = wait_for(
            "the end of the invocations",
            lambda: lines if len(lines := self._lines()) == 2 * invocations else None,
        )
        changes = sorted((float(words[1]), 1 if words[0] == "began" else -1) for words in both)
        return max(accumulate(change for _, change in changes))

    def delete(self) -> None:
        self._lambda.delete_event_source_mapping(UUID=self._mapping)
        self._sqs.delete_queue(QueueUrl=self._queue)

    def _lines(self) -> list[list[str]]:
        groups = self._logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{self._function}")
        return [
            line.split()
            for group in groups["logGroups"]
            for event in self._logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
            for line in event["message"].splitlines()
            if line.startswith(("began", "ended"))
        ]


@pytest.fixture
def new_consumer(
    deployed: DeployedStack, new_function: Callable[..., str]
) -> Iterator[Callable[..., Consumer]]:
    """Create a queue with a function and a mapping."""
    consumers: list[Consumer] = []

    def created(*, seconds: float = 0, visibility: int = 60, **mapping: Any) -> Consumer:
        variables = {"SECONDS": str(seconds)}
        function = new_function(FUNCTION, Timeout=30, Environment={"Variables": variables})
        consumers.append(Consumer(deployed, function, visibility, **mapping))
        return consumers[-1]

    yield created
    for consumer in consumers:
        consumer.delete()


def test_a_window_gathers_more_messages_than_one_request_returns(
    new_consumer: Callable[..., Consumer],
) -> None:
    consumer = new_consumer(BatchSize=100, MaximumBatchingWindowInSeconds=30)  # 3 s on a laptop
    bodies = [f"message-{number}" for number in range(25)]

    consumer.send(*bodies)

    [batch] = wait_for("a batch", consumer.batches)
    assert sorted(batch) == sorted(bodies)


def test_a_full_batch_does_not_wait_for_the_end_of_its_window(
    new_consumer: Callable[..., Consumer],
) -> None:
    consumer = new_consumer(BatchSize=3, MaximumBatchingWindowInSeconds=300)

    consumer.send("a", "b", "c")

    [batch] = wait_for("a batch", consumer.batches)
    assert sorted(batch) == ["a", "b", "c"]


def test_no_more_invocations_run_at_once_than_the_mapping_allows(
    new_consumer: Callable[..., Consumer],
) -> None:
    consumer = new_consumer(seconds=1, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})

    consumer.send(*"abcdef")

    assert consumer.most_at_once(invocations=6) == 2


def test_only_a_failed_message_is_received_again_after_its_visibility_timeout(
    new_consumer: Callable[..., Consumer],
) -> None:
    """fault 20"""
    consumer = new_consumer(visibility=5, BatchSize=3, MaximumBatchingWindowInSeconds=20)

    consumer.send("a", "fail once", "c")

    wait_for("a second batch", lambda: len(consumer.batches()) == 2)
    assert sorted(" ".join(batch) for batch in consumer.batches()) == ["a fail once c", "fail once"]
