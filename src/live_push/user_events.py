"""Live events: what the record of a queue or a stream means for one user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import simplejson

from common.image import Image
from common.messages import Message


@dataclass(frozen=True, slots=True)
class UserEvent:
    """An event for one user. `record` identifies its record; `data` is sent to connections.

    `subject` is the ID of what the event is about, such as an order.
    """

    record: str
    userID: str
    subject: str
    data: bytes

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """The event in a record. Raises LookupError, TypeError or ValueError if there is none."""
        match record:
            case {"body": body}:
                event = simplejson.loads(body, use_decimal=True)
                name, data = event["type"], event["data"]
                user_id = event["userID"] if "userID" in event else data["placedBy"]
                subject = data.get("orderID") or data.get("exportID", "")
            case {"dynamodb": {"NewImage": {"imageID": _} as item}}:
                image = Image.from_item(item)
                subject = image.imageID
                user_id, name, data = image.owner, f"image.{image.status.lower()}", image.to_json()
            case _:
                message = Message.from_item(record["dynamodb"]["NewImage"])
                subject = message.messageID
                user_id, name, data = message.recipientID, "message.received", message.to_json()
        # A connection takes messages of 32 KB (API Gateway guide, WebSocket quotas). Written in
        # ASCII, the longest message and the longest order would be twice as long.
        text = simplejson.dumps({"type": name, "data": data}, use_decimal=True, ensure_ascii=False)
        return cls(record_id(record), user_id, subject, text.encode())


def record_id(record: dict[str, Any]) -> str:
    """The identifier by which a batch response reports the record as failed."""
    if record["eventSource"] == "aws:sqs":
        return str(record["messageId"])
    return str(record["dynamodb"]["SequenceNumber"])
