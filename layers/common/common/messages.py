"""Messages between two users: the shapes of a message and of a user's row of a conversation."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from common.dynamodb import items

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT_LENGTH = 4000  # characters
MAX_NAME_LENGTH = 128  # characters of a user name (Cognito API reference, AdminGetUser)
MAX_ID_LENGTH = 255  # characters of a `sub` (OpenID Connect Core, section 2)


@dataclass(frozen=True, slots=True)
class User:
    """A user: `userID` is the `sub`, `name` the user name."""

    userID: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. The IDs are the `sub`s of the users, the names those of when it was sent."""

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
            conversation=conversation_of(sender.userID, recipient.userID),
            messageID=_time_ordered_uuid(now),
            senderID=sender.userID,
            sender=sender.name,
            recipientID=recipient.userID,
            recipient=recipient.name,
            text=text,
            sentAt=items.timestamp_of(now / 1e9),
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The message in an item from the table or its stream."""
        return cls(**items.deserialize(item, cls.__slots__))

    def to_item(self) -> dict[str, Any]:
        return items.serialize(asdict(self))

    @property
    def key(self) -> tuple[str, str]:
        """The conversation and the ID, which identify the message."""
        return self.conversation, self.messageID

    def partner_of(self, user_id: str) -> User:
        """The other one of the two users, with the name of when the message was sent."""
        if user_id == self.senderID:
            return User(self.recipientID, self.recipient)
        return User(self.senderID, self.sender)

    def to_json(self) -> dict[str, Any]:
        """The message as the API shows it and as a live event contains it."""
        return {
            "messageID": self.messageID,
            "from": self.sender,
            "fromID": self.senderID,
            "to": self.recipient,
            "toID": self.recipientID,
            "text": self.text,
            "sentAt": self.sentAt,
        }


@dataclass(frozen=True, slots=True)
class Conversation:
    """One user's row. `partner` is the other user's ID, `name` the name, `unread` a count.

    In a row of version 0.1, `partner` is the other user's name in lower case.
    """

    userID: str
    partner: str
    name: str
    conversation: str
    latest: Message
    unread: int
    readAt: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        fields = items.deserialize(item, cls.__slots__)
        return cls(
            **fields | {"latest": Message(**fields["latest"]), "unread": int(fields["unread"])}
        )

    def to_item(self) -> dict[str, Any]:
        return items.serialize(asdict(self) | {"latestAt": self.latest.sentAt})

    def to_json(self) -> dict[str, Any]:
        """The conversation as the API shows it."""
        return {
            "with": self.name,
            "withID": self.partner_id,
            "latest": self.latest.to_json(),
            "unread": self.unread,
        }

    @property
    def partner_id(self) -> str:
        """The other user's ID, also in a row of version 0.1."""
        return self.latest.partner_of(self.userID).userID

    def under_id(self, current: Conversation | None) -> Conversation:
        """This row of version 0.1, to be stored under the partner's ID.

        `current` is the row that is stored there already, because of newer messages.
        """
        if current is None:
            return replace(self, partner=self.partner_id)
        if current.readAt:  # the messages before were read, too
            return current
        return replace(current, unread=current.unread + self.unread, readAt=self.readAt)

    def without(self, message: Message, latest_other: Message | None) -> Conversation | None:
        """The row after the message is deleted. None if no other message is left.

        `latest_other` is the latest of the other messages.
        """
        if latest_other is None:
            return None
        was_unread = self.userID == message.recipientID and message.sentAt > self.readAt
        was_latest = self.latest.messageID == message.messageID
        return replace(
            self,
            latest=latest_other if was_latest else self.latest,
            unread=max(0, self.unread - was_unread),
        )


def conversation_of(user_id: str, other_id: str) -> str:
    """The partition key of the messages of two users, the same for both.

    `#` separates their IDs. It is escaped inside an ID, which another issuer may choose freely:
    otherwise `a#b` and `c` would share the conversation of `a` and `b#c`.
    """
    escaped = (each.replace("%", "%25").replace("#", "%23") for each in (user_id, other_id))
    return "#".join(sorted(escaped))


def _time_ordered_uuid(nanoseconds: int) -> str:
    """A UUID that sorts by time: version 7 (RFC 9562; nanoseconds by method 3 of section 6.2)."""
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    value = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))
