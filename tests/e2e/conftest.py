"""One local stack for all end-to-end tests: the real template, IAM enforced, free ports."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from local.account import Outputs, client, subscribed_queue
from local.shop import Shop
from local.shopper import Shopper
from local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack"), port=0, gateway_port=0)
    try:
        running.up()
        yield running
    finally:
        running.down()


@pytest.fixture(scope="session")
def outputs(stack: Stack) -> Outputs:
    return stack.outputs()


@pytest.fixture
def shop(outputs: Outputs) -> Shop:
    """The shop from behind, with no dead letters yet."""
    sqs = client("sqs", outputs["Endpoint"])
    sqs.purge_queue(QueueUrl=outputs["OrdersDeadLetterQueueUrl"])
    return Shop(outputs)


@pytest.fixture
def shopper(outputs: Outputs) -> Shopper:
    """A user nobody has met before."""
    return Shopper.sign_in(outputs, f"shopper-{uuid.uuid4()}")


@pytest.fixture
def other(outputs: Outputs) -> Shopper:
    """Another one."""
    return Shopper.sign_in(outputs, f"other-{uuid.uuid4()}")


class Events:
    """What the events topic has published, as a consumer's queue gets it."""

    def __init__(self, outputs: Outputs) -> None:
        self._sqs = client("sqs", outputs["Endpoint"])
        self._url = subscribed_queue("events", outputs["OrderEventsTopic"], outputs["Endpoint"])
        self._heard: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def of(self, order_id: str) -> list[dict[str, Any]]:
        """The events of this order so far."""
        while messages := self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            for message in messages:
                event = json.loads(json.loads(message["Body"])["Message"])
                self._heard[event["data"]["orderID"]].append(event)
            self._sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": m["MessageId"], "ReceiptHandle": m["ReceiptHandle"]} for m in messages
                ],
            )
        return self._heard[order_id]


@pytest.fixture(scope="session")
def events(outputs: Outputs) -> Events:
    return Events(outputs)
