"""Messages between two users: what one looks like, as an item and in the API's answers."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from common.dynamodb import items

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT_LENGTH = 4000  # characters
MAX_NAME_LENGTH = 128  # characters, of a user (Cognito API reference, AdminGetUser)


@dataclass(frozen=True, slots=True)
class Person:
    """A user: the `sub`, and the name that they go by."""

    userID: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `sender` and `recipient` are names, the IDs their `sub`s."""

    conversation: str
    messageID: str
    senderID: str
    sender: str
    recipientID: str
    recipient: str
    text: str
    sentAt: str

    @classmethod
    def new(cls, sender: Person, recipient: Person, text: str) -> Self:
        now = time.time_ns()
        return cls(
            conversation="#".join(sorted((sender.userID, recipient.userID))),
            messageID=_in_order_of_time(now),
            senderID=sender.userID,
            sender=sender.name,
            recipientID=recipient.userID,
            recipient=recipient.name,
            text=text,
            sentAt=items.timestamp(datetime.fromtimestamp(now / 1e9, UTC)),
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Read an item as DynamoDB and its streams write it."""
        return cls(**items.read(item, cls.__slots__))

    def to_item(self) -> dict[str, Any]:
        return items.written(asdict(self))

    def to_json(self) -> dict[str, Any]:
        """What the API answers, and what a recipient is told live."""
        return {
            "messageID": self.messageID,
            "from": self.sender,
            "to": self.recipient,
            "text": self.text,
            "sentAt": self.sentAt,
        }


def _in_order_of_time(nanoseconds: int) -> str:
    """A UUID that sorts by its time: version 7 (RFC 9562, with the method 3 of its section 6.2)."""
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    value = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))
