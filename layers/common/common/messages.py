"""Messages between two users: the shape of a message, as an item and in the API."""

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
MAX_NAME_LENGTH = 128  # characters of a user name (Cognito API reference, AdminGetUser)


@dataclass(frozen=True, slots=True)
class User:
    """A user: `userID` is the `sub`, `name` the user name."""

    userID: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `sender` and `recipient` are user names; the IDs are their `sub`s."""

    conversation: str
    messageID: str
    senderID: str
    sender: str
    recipientID: str
    recipient: str
    text: str
    sentAt: str

    @classmethod
    def new(cls, sender: User, recipient: User, text: str) -> Self:
        now = time.time_ns()
        return cls(
            conversation="#".join(sorted((sender.userID, recipient.userID))),
            messageID=_time_ordered_uuid(now),
            senderID=sender.userID,
            sender=sender.name,
            recipientID=recipient.userID,
            recipient=recipient.name,
            text=text,
            sentAt=items.timestamp(datetime.fromtimestamp(now / 1e9, UTC)),
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The message in an item from the table or its stream."""
        return cls(**items.deserialize(item, cls.__slots__))

    def to_item(self) -> dict[str, Any]:
        return items.serialize(asdict(self))

    def to_json(self) -> dict[str, Any]:
        """The message as the API shows it and as a live event contains it."""
        return {
            "messageID": self.messageID,
            "from": self.sender,
            "to": self.recipient,
            "text": self.text,
            "sentAt": self.sentAt,
        }


def _time_ordered_uuid(nanoseconds: int) -> str:
    """A UUID that sorts by time: version 7 (RFC 9562; nanoseconds by method 3 of section 6.2)."""
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    value = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))
