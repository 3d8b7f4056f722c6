"""Clients that send orders to a local stack, and a listener that waits for their events."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import Any

import urllib3

from local.api_user import ApiUser
from local.emulator_clients import Outputs, client, subscribed_queue

CLIENTS = 16

_MAX_SILENCE_SECONDS = 120
"""How long the listener waits for the next event."""


class OrderClient:
    """Places orders at the gateway, as one user."""

    def __init__(self, outputs: Outputs) -> None:
        api_user = ApiUser.sign_in(outputs, "bench")
        self._url = outputs["GatewayUrl"] + "/orders"
        self._headers = {
            "Authorization": api_user.id_token,
            "Content-Type": "application/json",
        }
        self._http = urllib3.PoolManager(maxsize=CLIENTS)

    def place(self, orders: int, clients: int = 1) -> None:
        """Place orders, from several clients at once. Every order must be accepted."""
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(lambda _: self._post(), range(orders)))

    def _post(self) -> None:
        body = b'{"item": "latex gloves", "customerID": "12345"}'
        response = self._http.request("POST", self._url, body=body, headers=self._headers)
        assert response.status == 202, f"POST /orders: expected 202, got {response.status}"


def fill_queue(queue: str, orders: int, outputs: Outputs) -> None:
    """Send orders to a queue directly, ten per request."""
    sqs = client("sqs", outputs)
    for numbers in batched(range(orders), 10, strict=False):
        sqs.send_message_batch(QueueUrl=queue, Entries=[_entry(number) for number in numbers])


def _entry(number: int) -> dict[str, Any]:
    """A message as API Gateway sends it to the queue."""

    def attribute(value: str, kind: str = "String") -> dict[str, str]:
        return {"StringValue": value, "DataType": kind}

    return {
        "Id": str(number),
        "MessageBody": '{"item": "latex gloves", "customerID": "12345"}',
        "MessageAttributes": {
            "orderID": attribute(str(uuid.uuid4())),
            "placedBy": attribute("5f0a1c2e-7d1b-4c8f-9f63-1f0f4b8f2a11"),
            "placedAt": attribute(str(int(time.time() * 1000)), "Number"),
        },
    }


class EventListener:
    """Receives what a topic publishes, through its own queue.

    `identify` returns the identity of an event, which must be unique.
    """

    def __init__(
        self,
        name: str,
        topic: str,
        outputs: Outputs,
        identify: Callable[[dict[str, Any]], str],
    ) -> None:
        self._sqs = client("sqs", outputs)
        self._queue = subscribed_queue(name, topic, outputs)
        self._identify = identify

    def wait_for(self, events: int) -> None:
        """Wait for a number of different events. Fails if one is received twice."""
        received: set[str] = set()
        last = time.monotonic()
        while len(received) < events:
            for message in self._receive():
                identity = self._identify(json.loads(message["Body"]))
                assert identity not in received, f"the event {identity} was published twice"
                received.add(identity)
                last = time.monotonic()
            assert time.monotonic() - last < _MAX_SILENCE_SECONDS, (
                f"no event for {_MAX_SILENCE_SECONDS} s: received {len(received)} of {events}"
            )

    def _receive(self) -> list[Any]:
        messages: list[Any] = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=20
        ).get("Messages", [])
        if messages:
            handles = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            self._sqs.delete_message_batch(QueueUrl=self._queue, Entries=handles)
        return messages


def order_id(notification: dict[str, Any]) -> str:
    """The identity of an event of Storefront: the id of its order."""
    return str(json.loads(notification["Message"])["data"]["orderID"])


def message_id(notification: dict[str, Any]) -> str:
    """The identity of an event of the tutorial, which has no order id."""
    return str(notification["MessageId"])
