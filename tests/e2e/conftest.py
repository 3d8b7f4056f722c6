"""What the end-to-end tests look at behind the API."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from local.emulator_clients import Outputs, client, subscribed_queue
from local.stack_probe import Shop


@pytest.fixture
def shop(outputs: Outputs) -> Shop:
    """The shop from behind, with no dead letters yet."""
    sqs = client("sqs", outputs["Endpoint"])
    sqs.purge_queue(QueueUrl=outputs["OrdersDeadLetterQueueUrl"])
    return Shop(outputs)


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
