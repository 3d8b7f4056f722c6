"""Dead letters in queues: messages that their function or their redrive policy gave up."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from ops.letters import Letter, Outcomes

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from ops.stack import Stack

# What SQS takes at once, on every endpoint: AWS has raised it to 1 MiB since.
_BATCH_BYTES = 256 * 1024

_REASONS = ("deadLetterError", "deadLetterReason")  # as common.dead_letters sends them


class SharedDeadLetterQueue(Exception):
    """A dead-letter queue serves more than one queue: a replay could mistake one for another."""


def dead_letter_queues(stack: Stack) -> Iterator[DeadLetterQueue]:
    """The queues of the stack that another queue of it names in its redrive policy.

    Raises SharedDeadLetterQueue.
    """
    client = stack.client("sqs")
    urls = stack.resources("AWS::SQS::Queue")
    attributes = {
        name: client.get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy"]
        )["Attributes"]
        for name, url in urls.items()
    }
    names = {of["QueueArn"]: name for name, of in attributes.items()}
    served: dict[str, str] = {}
    for target, of in attributes.items():
        policy = json.loads(of.get("RedrivePolicy", "{}"))
        if name := names.get(policy.get("deadLetterTargetArn")):
            if name in served:
                raise SharedDeadLetterQueue(f"{name} serves both {served[name]} and {target}")
            served[name] = target
            receives = int(policy["maxReceiveCount"])
            yield DeadLetterQueue(name, urls[name], target, urls[target], receives, client)


class DeadLetterQueue:
    """A dead-letter queue and the queue it serves."""

    def __init__(
        self,
        name: str,
        url: str,
        target: str,
        target_url: str,
        max_receives: int,
        client: SQSClient,
    ) -> None:
        self.name = name
        self.target = target
        self.has_more = False
        self._url = url
        self._target_url = target_url
        self._max_receives = max_receives
        self._client = client
        self._held: dict[str, str] = {}  # receipt handles by message id

    @contextmanager
    def hold(self, seconds: int) -> Iterator[list[Letter]]:
        """The messages, hidden from others for so long at most; given back on leaving.

        They are looked for during a third of that time, so that none comes back meanwhile.
        """
        try:
            yield self._sweep(seconds)
        finally:
            self._give_back()

    def replay(self, letters: Iterable[Letter]) -> Outcomes:
        """Send messages to the queue they came from, and only then delete them here.

        Interrupted in between, a message is in both queues and may be replayed twice. The
        pipeline takes that for what it is: orderID travels as an attribute, the writer stores
        an order only where none stands under its orderID, and knows the same one by its
        fingerprint; so it is neither stored nor published again.

        Not StartMessageMoveTask: it moves everything, whatever the reason, and the emulator
        has none. What fails again comes back as a new message, which is not held and so is
        not replayed again in this run.
        """
        for batch in _by_size(letters):
            answer = self._client.send_message_batch(
                QueueUrl=self._target_url,
                Entries=[_entry(str(n), letter.source) for n, letter in enumerate(batch)],
            )
            refused = {int(f["Id"]): f"not sent: {f['Code']}" for f in answer.get("Failed", ())}
            for n, problem in refused.items():
                yield batch[n], problem
            yield from self.discard(x for n, x in enumerate(batch) if n not in refused)

    def discard(self, letters: Iterable[Letter]) -> Outcomes:
        """Delete messages for good."""
        for batch in batched(letters, 10, strict=False):
            answer = self._client.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": self._held[letter.id]}
                    for n, letter in enumerate(batch)
                ],
            )
            refused = {int(f["Id"]): f["Code"] for f in answer.get("Failed", ())}
            for n, letter in enumerate(batch):
                if n not in refused:
                    del self._held[letter.id]
                yield letter, f"not deleted: {refused[n]}" if n in refused else ""

    def _sweep(self, seconds: int) -> list[Letter]:
        found: dict[str, Letter] = {}
        deadline = time.monotonic() + seconds / 3
        while time.monotonic() < deadline:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=seconds,
                WaitTimeSeconds=1,  # long polling asks all of SQS's servers, short only some
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                return list(found.values())
            for message in answer["Messages"]:
                # SQS may deliver a message twice; its newest receipt handle is the good one.
                self._held[message["MessageId"]] = message["ReceiptHandle"]
                found[message["MessageId"]] = self._letter(message)
        self.has_more = True
        return list(found.values())

    def _give_back(self) -> None:
        for batch in batched(self._held.values(), 10, strict=False):
            self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for n, handle in enumerate(batch)
                ],
            )
        self._held.clear()

    def _letter(self, message: MessageTypeDef) -> Letter:
        values = {
            name: value.get("StringValue") or base64.b64encode(value["BinaryValue"]).decode()
            for name, value in message.get("MessageAttributes", {}).items()
        }
        error, reason = (values.get(name) for name in _REASONS)
        system = {str(name): value for name, value in message["Attributes"].items()}
        return Letter(
            id=message["MessageId"],
            orders=values.get("orderID", "-"),
            error=error or "ReceivedTooOften",
            reason=reason or f"{self.target} gave it out {self._max_receives} times",
            sent=datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
            details=values | system,
            body=message["Body"],
            source=message,
        )


def _entry(entry_id: str, message: MessageTypeDef) -> Any:
    """The message to be sent again: as it came, without what made it a dead letter."""
    attributes = message.get("MessageAttributes", {})
    trace = message["Attributes"].get("AWSTraceHeader")
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}} if trace else {}
    return {
        "Id": entry_id,
        "MessageBody": message["Body"],
        "MessageAttributes": {k: v for k, v in attributes.items() if k not in _REASONS},
        "MessageSystemAttributes": system,
    }


def _by_size(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Batches that SQS takes: ten messages at most, and of a bounded size."""
    batch: list[Letter] = []
    free = _BATCH_BYTES
    for letter in letters:
        size = len(
            json.dumps(_entry("", letter.source), default=repr)
        )  # escaped: no less than SQS counts
        if batch and (len(batch) == 10 or size > free):
            yield batch
            batch, free = [], _BATCH_BYTES
        batch.append(letter)
        free -= size
    if batch:
        yield batch
