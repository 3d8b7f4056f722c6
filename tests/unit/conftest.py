"""Unit tests: the functions' environment, emulated services, and no network access."""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest
from botocore.client import BaseClient
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from common import aws, orders
from project.fake_aws import create_table, emulated_aws
from tests import support
from tests.calls import aws_calls  # noqa: F401  # watches every test

# The variables that Lambda and the template set before an import, with invalid credentials.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
for name in support.functions():
    os.environ |= support.environment(name)

from common.observability import logger  # noqa: E402

# Runs are reproducible: a test that fails in CI fails on a laptop too.
settings.register_profile("storefront", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("storefront")


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """AWS, emulated by moto, with the orders' tables, queues and topics."""
    with emulated_aws():
        made = Cloud()
        monkeypatch.setenv("ORDER_EVENTS_TOPIC", made.events_topic)
        monkeypatch.setenv("ORDER_NOTIFICATIONS_TOPIC", made.notifications_topic)
        yield made
    support.forget_clients()


class Cloud:
    """The orders' resources and their contents."""

    def __init__(self) -> None:
        support.forget_clients()
        for table in ("OrdersTable", "IdempotencyTable"):
            create_table(table)
        for queue in ("OrdersDeadLetterQueue", "Events", "Emails"):
            aws.sqs().create_queue(QueueName=queue)
        self.events_topic = self._topic("OrderEvents", queue="Events")
        self.notifications_topic = self._topic("OrderNotifications", queue="Emails")

    def order(self, order_id: str) -> orders.Order | None:
        """Return the stored order, or None."""
        response = aws.dynamodb().get_item(
            TableName="OrdersTable", Key={"orderID": {"S": order_id}}
        )
        return orders.Order.from_item(response["Item"]) if "Item" in response else None

    def stored(self) -> list[dict[str, Any]]:
        """Return all items of the orders table."""
        return aws.dynamodb().scan(TableName="OrdersTable")["Items"]

    def dead_letters(self) -> list[dict[str, Any]]:
        """Return all messages of the dead-letter queue."""
        return self._received("OrdersDeadLetterQueue")

    def events(self) -> list[dict[str, Any]]:
        """Return all notifications of the events topic, as a subscribed queue receives them."""
        return [json.loads(message["Body"]) for message in self._received("Events")]

    def emails(self) -> list[dict[str, Any]]:
        """Return all notifications of the email topic, as a subscribed queue receives them."""
        return [json.loads(message["Body"]) for message in self._received("Emails")]

    def _topic(self, name: str, queue: str) -> str:
        topic = aws.sns().create_topic(Name=name)["TopicArn"]
        arn = f"arn:aws:sqs:us-east-1:123456789012:{queue}"
        aws.sns().subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return topic

    def _received(self, queue: str) -> list[dict[str, Any]]:
        messages: list[Any] = []
        while (
            received := aws.sqs()
            .receive_message(
                QueueUrl=queue,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            .get("Messages")
        ):
            messages += received
        return messages


def metrics(output: str) -> dict[str, float]:
    """Return the counts in a function's output: one document in CloudWatch's embedded format."""
    [document] = [json.loads(line) for line in output.splitlines()]
    names = document["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    return {metric["Name"]: sum(document[metric["Name"]]) for metric in names}


class Log:
    """The log output of a function."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        """Return the parsed lines."""
        return [json.loads(line) for line in self.text.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    """The log output. The logger keeps the stream that it found at import, so replace that."""
    found = Log()
    handler = cast("logging.StreamHandler[Any]", logger.registered_handler)
    stream = handler.setStream(found.text)
    yield found
    handler.setStream(stream or sys.stdout)


class Daemon:
    """A fake X-Ray daemon that collects segments."""

    def __init__(self) -> None:
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.setblocking(False)  # noqa: FBT003
        host, port = self.udp.getsockname()
        self.address = f"{host}:{port}"

    def segments(self) -> list[dict[str, Any]]:
        """Return the documents so far. On loopback, they arrive before `sendto` returns."""
        found: list[dict[str, Any]] = []
        while True:
            try:
                header, document = self.udp.recv(65536).decode().split("\n", 1)
            except BlockingIOError:
                return found
            assert json.loads(header) == {"format": "json", "version": 1}
            found.append(json.loads(document))


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """The X-Ray daemon of a function's execution environment."""
    listening = Daemon()
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", listening.address)
    with listening.udp:
        yield listening


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations of the AWS requests so far."""
    made: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls of all clients

    def counted(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        made.append(operation)
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return made
