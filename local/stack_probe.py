"""A running stack without its API: its queues, its orders table and its emails."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import batched
from typing import Any

from local.api_user import request
from local.emulator_clients import Outputs, client

PATIENCE = 30
"""How many seconds to wait for a condition."""

_HIDDEN_SECONDS = 60
_PAGE = 10  # messages per request, the most that SQS accepts


class NotSeen(Exception):
    """An expected condition was not observed, or not in time."""


class StackProbe:
    """Reads the queues, the orders table and the emails of a stack."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs
        self._sqs = client("sqs", outputs)
        self._dynamodb = client("dynamodb", outputs)
        self._held: dict[str, dict[str, Any]] = {}  # dead letters by message id
        self._requested_ids: set[str] = set()

    def queued(self) -> str | None:
        """Return how many orders are waiting and in flight; None if the queue is empty."""
        waiting, in_flight = self._depth("OrdersQueueUrl")
        if not waiting and not in_flight:
            return None
        return f"{waiting} waiting, {in_flight} in flight"

    def dead_letters(self) -> int:
        """Return the number of messages in the dead-letter queue."""
        return sum(self._depth("OrdersDeadLetterQueueUrl"))

    def stored(self, order_id: str) -> dict[str, Any] | None:
        """Return the order's item in the table."""
        item: dict[str, Any] | None = self._dynamodb.get_item(
            TableName=self._outputs["OrdersTable"], Key={"orderID": {"S": order_id}}
        ).get("Item")
        return item

    def notifications(self, text: str) -> list[str]:
        """Return the texts of the shop's emails that contain this text, for example an orderID."""
        return [each["text"] for each in self._emails(text) if ", to " not in each["subject"]]

    def emails_to(self, address: str, text: str) -> list[str]:
        """Return the subjects of the emails to this address that contain this text."""
        to = f", to {address}"
        emails = [each for each in self._emails(text) if each["subject"].endswith(to)]
        return [each["subject"].removesuffix(to) for each in emails]

    def _emails(self, text: str) -> list[dict[str, str]]:
        listed = request("GET", self._outputs["GatewayUrl"] + "/_local/notifications.json").body
        return [each for each in listed["notifications"] if text in each["text"]]

    def queue(self, body: str, order_id: str, placed_by: str) -> None:
        """Send a message to the orders queue, with the attributes that the API sends."""
        attributes = {
            "orderID": {"DataType": "String", "StringValue": order_id},
            "placedBy": {"DataType": "String", "StringValue": placed_by},
            "placedAt": {"DataType": "Number", "StringValue": str(round(time.time() * 1000))},
        }
        queue = self._outputs["OrdersQueueUrl"]
        self._sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=attributes)

    def dead_letter_reason(self, order_id: str) -> str | None:
        """Return why a message of this order is in the dead-letter queue; None if it is not.

        All messages there are read. They stay hidden from other consumers until `release`, at most
        a minute.
        """
        self._requested_ids.add(order_id)
        while self._hold_a_page():
            pass
        for message in self._held.values():
            if _attribute(message, "orderID") == order_id:
                return _attribute(message, "deadLetterReason")
        return None

    def release(self, *, discard: bool = False) -> None:
        """Make the dead letters visible again. `discard` deletes those of requested orders.

        A message that became visible by itself meanwhile is left as it is.
        """
        queue = self._outputs["OrdersDeadLetterQueueUrl"]
        kept: list[Any] = []
        discarded: list[Any] = []
        for number, message in enumerate(self._held.values()):
            is_discarded = discard and _attribute(message, "orderID") in self._requested_ids
            entry = {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            (discarded if is_discarded else kept).append(entry)
        for page in batched(kept, _PAGE, strict=False):
            entries = [{**entry, "VisibilityTimeout": 0} for entry in page]
            self._sqs.change_message_visibility_batch(QueueUrl=queue, Entries=entries)
        for page in batched(discarded, _PAGE, strict=False):
            self._sqs.delete_message_batch(QueueUrl=queue, Entries=list(page))
        self._held.clear()

    def _hold_a_page(self) -> bool:
        """Receive dead letters, and return whether some of them are new."""
        messages = self._sqs.receive_message(
            QueueUrl=self._outputs["OrdersDeadLetterQueueUrl"],
            MaxNumberOfMessages=_PAGE,
            MessageAttributeNames=["All"],
            VisibilityTimeout=_HIDDEN_SECONDS,
        ).get("Messages", [])
        found = {message["MessageId"]: message for message in messages}
        has_new = not found.keys() <= self._held.keys()
        self._held |= found
        return has_new

    def _depth(self, queue: str) -> tuple[int, int]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._outputs[queue], AttributeNames=names
        )["Attributes"]
        visible, hidden = (int(attributes[name]) for name in names)
        return visible, hidden


def _attribute(message: dict[str, Any], name: str) -> str | None:
    value: str | None = message.get("MessageAttributes", {}).get(name, {}).get("StringValue")
    return value


def wait_for[T](
    what: str, look: Callable[[], T | None], seconds: float = PATIENCE, pause: float = 0.02
) -> T:
    """Poll `look` until it returns something truthy, and return that. Raises NotSeen."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise NotSeen(f"{what}: not observed within {seconds} s")
        time.sleep(pause)
    return found
