"""SQS: standard queues with redrive, and Lambda's event source mapping for a queue.

SQS guide, "Visibility timeout", "Dead-letter queues"; Lambda guide, "Using Lambda with SQS".
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from local.emulator.event_sources.responses import failed_items
from tests.harness.simulator.faults import Clock, Faults, Killed, error

_ids = count(1)


@dataclass
class Message:
    """A message in a queue. A redrive changes only the id and the receipt handle."""

    body: str
    attributes: dict[str, Any]
    system: dict[str, Any]
    enqueued: float
    group: str | None = None
    id: str = field(default_factory=lambda: f"00000000-0000-4000-8000-{next(_ids):012x}")
    visible_at: float = 0.0
    receives: int = 0


class Queue:
    """A standard queue: at-least-once delivery, in any order."""

    def __init__(
        self, clock: Clock, properties: dict[str, Any], dead_letters: Queue | None = None
    ) -> None:
        self._clock = clock
        self._visibility = properties.get("VisibilityTimeout", 30)
        self._retention = properties["MessageRetentionPeriod"]
        self._max_receives = properties.get("RedrivePolicy", {}).get("maxReceiveCount")
        self._dead_letters = dead_letters
        self.messages: list[Message] = []

    def send(self, message: Message, delay: float = 0) -> None:
        """Add a message, which becomes visible after `delay` seconds."""
        message.visible_at = self._clock.now + delay
        self.messages.append(message)

    def receive(self, most: int, pick: Callable[[list[Message]], list[Message]]) -> list[Message]:
        """Receive up to `most` visible messages, in the order of `pick`."""
        now = self._clock.now
        self.messages = [m for m in self.messages if now - m.enqueued < self._retention]
        for message in [m for m in self.messages if m.visible_at <= now]:
            if self._dead_letters and message.receives >= self._max_receives:
                self.messages.remove(message)
                # A dead letter keeps its first enqueue time, so its retention is not extended.
                self._dead_letters.send(message)
        received = pick([m for m in self.messages if m.visible_at <= now])[:most]
        for message in received:
            message.receives += 1
            message.visible_at = now + self._visibility
        return received

    def delete(self, message: Message) -> None:
        """Delete a message."""
        self.messages = [m for m in self.messages if m is not message]

    def duplicate(self, message: Message) -> None:
        """Deliver a message a second time, even if the first delivery succeeds."""
        self.messages.append(replace(message, visible_at=self._clock.now))

    def redrive_to(self, source: Queue) -> None:
        """Move all messages to the source queue. Each gets a new id."""
        for message in self.messages:
            source.send(
                Message(
                    message.body,
                    message.attributes,
                    message.system,
                    self._clock.now,
                    message.group,
                )
            )
        self.messages = []


class Sqs:
    """An SQS client that sends to these queues. What it sends to others is not kept."""

    def __init__(self, clock: Clock, faults: Faults, queues: dict[str, Queue]) -> None:
        self._clock = clock
        self._faults = faults
        self._queues = queues

    def send_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MessageBody: str,  # noqa: N803
        **more: Any,
    ) -> dict[str, Any]:
        def send() -> dict[str, Any]:
            attributes = more.get("MessageAttributes", {})
            if len(attributes) > 10:  # SQS guide, "Message quotas"
                raise error("InvalidParameterValue", "SendMessage")
            system = {
                name: value["StringValue"]
                for name, value in more.get("MessageSystemAttributes", {}).items()
            }
            group = more.get("MessageGroupId")
            if queue := self._queues.get(QueueUrl):
                queue.send(Message(MessageBody, attributes, system, self._clock.now, group))
            return {"MessageId": "1"}

        return self._faults.around("SendMessage", send)


class QueueMapping:
    """Lambda's poller of a queue, with partial batch responses if the mapping enables them."""

    def __init__(
        self,
        clock: Clock,
        queue: Queue,
        mapping: dict[str, Any],
        invoke: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._invoke = invoke
        self._mapping = mapping

    def poll(self, pick: Callable[[list[Message]], list[Message]], most: int = 10_000) -> bool:
        """Receive a batch and invoke the function. Returns False if the queue was empty."""
        received = self._queue.receive(min(most, self._mapping["BatchSize"]), pick)
        if not received:
            return False
        sent = [message.id for message in received]
        try:
            response = self._invoke({"Records": [_record(m, self._clock.now) for m in received]})
            failed = failed_items(self._mapping, response, sent)
        except (Exception, Killed):  # a failed batch deletes nothing
            return True
        for message in received:
            if message.id not in failed:
                self._queue.delete(message)
        return True


def _record(message: Message, now: float) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": f"{message.id}#{message.receives}",
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.enqueued * 1000)),
            "SenderId": "AROAEXAMPLEEXAMPLEID1:session",
            "ApproximateFirstReceiveTimestamp": str(int(now * 1000)),
            **message.system,
            **({"MessageGroupId": message.group} if message.group else {}),
        },
        "messageAttributes": {
            name: {
                **(
                    {"binaryValue": base64.b64encode(value["BinaryValue"]).decode()}
                    if "BinaryValue" in value
                    else {"stringValue": value["StringValue"]}
                ),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.attributes.items()
        },
        "md5OfBody": hashlib.md5(message.body.encode()).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:OrdersQueue",
        "awsRegion": "us-east-1",
    }
