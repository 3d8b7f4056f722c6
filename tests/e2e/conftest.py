"""What the end-to-end tests look at behind the API."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from local.emulator_clients import CREDENTIALS, Outputs, client
from local.listener import TopicListener
from local.stack_probe import StackProbe


@pytest.fixture
def probe(outputs: Outputs) -> Iterator[StackProbe]:
    """The shop from behind. The dead letters that a test looked at do not outlive it."""
    if outputs["Endpoint"]:  # nobody else's are there
        sqs = client("sqs", outputs["Endpoint"])
        sqs.purge_queue(QueueUrl=outputs["OrdersDeadLetterQueueUrl"])
    probe = StackProbe(outputs)
    yield probe
    probe.give_back(discard=True)


@pytest.fixture
def operator(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments by which the operator's tools find the stack, with credentials for it."""
    if outputs["Endpoint"]:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": outputs["Endpoint"]}.items():
            monkeypatch.setenv(name, value)
    return ["--stack", outputs["Stack"], "--region", outputs["Region"]]


class Events:
    """What the events topic has published, by order."""

    def __init__(self, listener: TopicListener) -> None:
        self._listener = listener
        self._read = 0
        self._of: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def of(self, order_id: str) -> list[dict[str, Any]]:
        """The events of this order so far."""
        heard = self._listener.heard()
        for event in map(json.loads, heard[self._read :]):
            self._of[event["data"]["orderID"]].append(event)
        self._read = len(heard)
        return self._of[order_id]


class Mail:
    """What SNS would have mailed to the probe."""

    def __init__(self, listener: TopicListener) -> None:
        self._listener = listener

    def naming(self, text: str) -> list[str]:
        """The emails that hold this id, or any other text."""
        return [each for each in self._listener.heard() if text in each]


def listening(outputs: Outputs, topic: str) -> Iterator[TopicListener]:
    listener = TopicListener(topic, partial(client, endpoint=outputs["Endpoint"]))
    yield listener
    listener.close()


@pytest.fixture(scope="session")
def events_listener(outputs: Outputs) -> Iterator[TopicListener]:
    yield from listening(outputs, outputs["OrderEventsTopic"])


@pytest.fixture(scope="session")
def mail_listener(outputs: Outputs) -> Iterator[TopicListener]:
    yield from listening(outputs, outputs["OrderNotificationsTopic"])


@pytest.fixture(scope="session")
def events(events_listener: TopicListener) -> Events:
    return Events(events_listener)


@pytest.fixture(scope="session")
def mail(mail_listener: TopicListener) -> Mail:
    return Mail(mail_listener)
