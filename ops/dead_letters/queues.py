"""Dead letters in queues: messages moved there by a function or by a redrive policy."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING

from ops.dead_letters.messages import MAX_MESSAGES, REASON_ATTRIBUTES, entry, request_batches
from ops.dead_letters.source import DeadLetter, Outcome

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from ops.stack import DeployedStack


class SharedDeadLetterQueue(Exception):
    """Two queues share one dead-letter queue, so a replay cannot know where a message belongs."""


def queue_sources(stack: DeployedStack) -> Iterator[QueueSource]:
    """Return the queues that a redrive policy in this stack names as dead-letter queue.

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
    names_by_arn = {values["QueueArn"]: name for name, values in attributes.items()}
    targets: dict[str, str] = {}
    for target, values in attributes.items():
        policy = json.loads(values.get("RedrivePolicy", "{}"))
        if name := names_by_arn.get(policy.get("deadLetterTargetArn")):
            if name in targets:
                raise SharedDeadLetterQueue(
                    f"{name} is the dead-letter queue of both {targets[name]} and {target}"
                )
            targets[name] = target
            max_receives = int(policy["maxReceiveCount"])
            yield QueueSource(name, urls[name], target, urls[target], max_receives, client)


class QueueSource:
    """A dead-letter queue, and the queue whose failed messages it holds."""

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
        self._receipt_handles: dict[str, str] = {}  # of the held messages, by message id

    @contextmanager
    def hold(self, seconds: int) -> Iterator[list[DeadLetter]]:
        """Return the messages, hidden from other readers for at most `seconds`.

        Reading stops after a third of that time, so that no message becomes visible again
        while its neighbours are still being read.
        """
        try:
            yield self._receive_all(seconds)
        finally:
            self._make_visible()

    def replay(self, dead_letters: Iterable[DeadLetter]) -> Iterator[Outcome]:
        """Send messages to the queue they came from, then delete them here.

        If this is interrupted between the two, a message is in both queues and may be replayed
        twice. That is safe for orders: the message keeps its orderID, the writer only inserts
        an order that does not exist yet, and it recognises the same order by its fingerprint.
        So the order is neither stored nor published a second time.

        StartMessageMoveTask is not used, because it moves every message regardless of its
        error. A message that fails again returns under a new message id. It is not held by
        this run, so this run does not replay it again.
        """
        for batch in request_batches(dead_letters):
            answer = self._client.send_message_batch(
                QueueUrl=self._target_url,
                Entries=[entry(str(n), dead_letter.raw) for n, dead_letter in enumerate(batch)],
            )
            refused = {int(f["Id"]): f"not sent: {f['Code']}" for f in answer.get("Failed", ())}
            for n, problem in refused.items():
                yield Outcome(batch[n], problem)
            yield from self.discard(x for n, x in enumerate(batch) if n not in refused)

    def discard(self, dead_letters: Iterable[DeadLetter]) -> Iterator[Outcome]:
        """Delete messages permanently."""
        for batch in batched(dead_letters, MAX_MESSAGES, strict=False):
            answer = self._client.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": self._receipt_handles[dead_letter.id]}
                    for n, dead_letter in enumerate(batch)
                ],
            )
            refused = {int(f["Id"]): f"not deleted: {f['Code']}" for f in answer.get("Failed", ())}
            for n, dead_letter in enumerate(batch):
                if n not in refused:
                    del self._receipt_handles[dead_letter.id]
                yield Outcome(dead_letter, refused.get(n, ""))

    def _receive_all(self, seconds: int) -> list[DeadLetter]:
        found: dict[str, DeadLetter] = {}
        deadline = time.monotonic() + seconds / 3
        while time.monotonic() < deadline:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=MAX_MESSAGES,
                VisibilityTimeout=seconds,
                WaitTimeSeconds=1,  # long polling queries all SQS servers, short polling only some
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                return list(found.values())
            for message in answer["Messages"]:
                # SQS may deliver a message twice. Only the newest receipt handle is valid.
                self._receipt_handles[message["MessageId"]] = message["ReceiptHandle"]
                found[message["MessageId"]] = self._dead_letter(message)
        self.has_more = True
        return list(found.values())

    def _make_visible(self) -> None:
        for batch in batched(self._receipt_handles.values(), MAX_MESSAGES, strict=False):
            self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for n, handle in enumerate(batch)
                ],
            )
        self._receipt_handles.clear()

    def _dead_letter(self, message: MessageTypeDef) -> DeadLetter:
        attributes = {
            name: value.get("StringValue") or base64.b64encode(value["BinaryValue"]).decode()
            for name, value in message.get("MessageAttributes", {}).items()
        }
        error, reason = (attributes.get(name) for name in REASON_ATTRIBUTES)
        system = {str(name): value for name, value in message["Attributes"].items()}
        return DeadLetter(
            id=message["MessageId"],
            subject=attributes.get("orderID", "-"),
            error=error or "ReceivedTooOften",
            reason=reason
            or f"received {self._max_receives} times from {self.target} without success",
            sent_at=datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
            details=attributes | system,
            body=message["Body"],
            raw=message,
        )
