"""A temporary subscriber to a topic."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from local.emulator_clients import subscribe


class TopicListener:
    """Collects the messages that a topic publishes, by a temporary queue, until `close`."""

    def __init__(
        self,
        topic: str,
        client: Callable[[str], Any],
        only: Mapping[str, list[str]] | None = None,
    ) -> None:
        """`only` is a filter policy: the values that attributes of a message may have."""
        self._sqs = client("sqs")
        self._sns = client("sns")
        self._received: dict[str, str] = {}  # by message id: SQS may deliver a message twice
        name = f"listener-{uuid.uuid4()}"
        self._url, self._subscription = subscribe(self._sqs, self._sns, name, topic)
        if only:
            self._sns.set_subscription_attributes(
                SubscriptionArn=self._subscription,
                AttributeName="FilterPolicy",
                AttributeValue=json.dumps(only),
            )

    def close(self) -> None:
        """Delete the queue and its subscription."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._sqs.delete_queue(QueueUrl=self._url)

    def hidden(self) -> int:
        """Return how many messages cannot be received yet, for example if the clock was ahead."""
        name = "ApproximateNumberOfMessagesDelayed"
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])
        return int(found["Attributes"][name])

    def received(self) -> list[str]:
        """Return the texts of all messages so far."""
        while messages := self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            self._received |= {
                each["MessageId"]: json.loads(each["Body"])["Message"] for each in messages
            }
            self._sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": each["MessageId"], "ReceiptHandle": each["ReceiptHandle"]}
                    for each in messages
                ],
            )
        return list(self._received.values())
