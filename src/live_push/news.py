"""What a record of a queue or of a stream tells, and whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import simplejson

from common.images import Image
from common.messages import Message


@dataclass(frozen=True, slots=True)
class News:
    """One event for one user, as the user's connections get it."""

    record: str
    userID: str
    event: bytes

    @classmethod
    def of(cls, record: dict[str, Any]) -> Self:
        """Read a record. Raises LookupError, TypeError or ValueError for one that is no news."""
        match record:
            case {"body": body}:
                event = simplejson.loads(body, use_decimal=True)
                user_id, name, data = event["data"]["placedBy"], event["type"], event["data"]
            case {"dynamodb": {"NewImage": {"imageID": _} as item}}:
                image = Image.from_item(item)
                user_id, name, data = image.owner, f"image.{image.status.lower()}", image.to_json()
            case _:
                message = Message.from_item(record["dynamodb"]["NewImage"])
                user_id, name, data = message.recipientID, "message.received", message.to_json()
        text = simplejson.dumps({"type": name, "data": data}, use_decimal=True)
        return cls(identifier(record), user_id, text.encode())


def identifier(record: dict[str, Any]) -> str:
    """What a batch's response calls the record."""
    if record["eventSource"] == "aws:sqs":
        return str(record["messageId"])
    return str(record["dynamodb"]["SequenceNumber"])
