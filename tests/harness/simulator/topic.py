"""SNS: it accepts and rejects messages as on AWS, and records them for the test."""

from __future__ import annotations

import json
import re
from typing import Any

from project.contract import events
from tests.harness.simulator.faults import Clock, Faults, error

MESSAGE_BYTES = 262_144  # of a request, attributes included (SNS API reference, PublishBatch)


class Sns:
    """A client for publishing. `published` contains (time, topic, message)."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self.published: list[tuple[float, str, str]] = []
        self.hopeless: set[str] = set()
        """The orderIDs that SNS always refuses."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> dict[str, Any]:  # noqa: N803
        def publish() -> dict[str, Any]:
            # "ASCII text that begins with a letter, number, or punctuation mark … no line
            # breaks or control characters … less than 100 characters" (API reference, Publish)
            if not (re.fullmatch("[!-~][ -~]{0,98}", Subject) and _fits(Message)):
                raise error("InvalidParameter", "Publish")
            self._take(TopicArn, Message)
            return {"MessageId": "1"}

        return self._faults.around("Publish", publish)

    def publish_batch(
        self,
        *,
        TopicArn: str,  # noqa: N803
        PublishBatchRequestEntries: list[Any],  # noqa: N803
    ) -> dict[str, Any]:
        def publish() -> dict[str, Any]:
            entries = PublishBatchRequestEntries
            ids = [entry["Id"] for entry in entries]
            if not 1 <= len(entries) <= 10:
                raise error("TooManyEntriesInBatchRequest", "PublishBatch")
            if len(set(ids)) < len(ids):
                raise error("BatchEntryIdsNotDistinct", "PublishBatch")
            if not all(re.fullmatch("[A-Za-z0-9_-]{1,80}", one) for one in ids):
                raise error("InvalidBatchEntryId", "PublishBatch")
            if sum(_size(entry) for entry in entries) > MESSAGE_BYTES:
                raise error("BatchRequestTooLong", "PublishBatch")
            if not all(_has_values(entry) for entry in entries):
                raise error("InvalidParameterValue", "PublishBatch")
            response: dict[str, Any] = {"Successful": [], "Failed": []}
            for entry in entries:
                event = json.loads(entry["Message"])
                assert events.problems(event) == []
                refused = self._faults.entry_refused("PublishBatch")
                if refused or event["data"]["orderID"] in self.hopeless:
                    failure = {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
                    response["Failed"].append(failure)
                else:
                    self._take(TopicArn, entry["Message"])
                    response["Successful"].append({"Id": entry["Id"], "MessageId": "1"})
            return response

        return self._faults.around("PublishBatch", publish, partial=True)

    def events(self) -> list[dict[str, Any]]:
        """Return the messages of the events topic."""
        return [json.loads(message) for _, topic, message in self.published if topic == EVENTS]

    def emails(self) -> list[tuple[float, str]]:
        """Return the messages of the notifications topic, with their times."""
        return [(at, message) for at, topic, message in self.published if topic == NOTIFICATIONS]

    def _take(self, topic: str, message: str) -> None:
        self.published.append((self._clock.now, topic, message))


EVENTS = "OrderEvents"
NOTIFICATIONS = "OrderNotifications"


def _fits(message: str) -> bool:
    return 0 < len(message.encode()) <= MESSAGE_BYTES


def _has_values(entry: dict[str, Any]) -> bool:
    """Return whether no attribute is empty (SNS developer guide, "Message attributes")."""
    return all(each["StringValue"] for each in entry["MessageAttributes"].values())


def _size(entry: dict[str, Any]) -> int:
    attributes = entry["MessageAttributes"]
    return len(entry["Message"].encode()) + sum(
        len(name) + len(value["DataType"]) + len(value["StringValue"].encode())
        for name, value in attributes.items()
    )
