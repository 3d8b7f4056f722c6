"""One user's row of a conversation: its shape, and the parts of the transactions that change it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from common.dynamodb import items
from common.messages import Message

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def row_key(user_id: str, partner: str) -> dict[str, Any]:
    """The key of a row. `partner` is the other user's ID."""
    return {"userID": {"S": user_id}, "partner": {"S": partner}}


def add_message(table: str, user_id: str, message: Message, unread: int) -> Any:
    """The part of a transaction that adds a message to the row of one of its two users."""
    partner = message.partner_of(user_id)
    return {
        "Update": {
            "TableName": table,
            "Key": row_key(user_id, partner.userID),
            "UpdateExpression": "SET #name = :name, conversation = :conversation, "
            "latest = :latest, latestAt = :latestAt ADD unread :unread",
            "ExpressionAttributeNames": {"#name": "name"},
            "ExpressionAttributeValues": {
                ":name": {"S": partner.name},
                ":conversation": {"S": message.conversation},
                ":latest": {"M": message.to_item()},
                ":latestAt": {"S": message.sentAt},
                ":unread": {"N": str(unread)},
            },
        }
    }


# Holds unless the message was deleted in the meantime.
_MESSAGE_EXISTS = "attribute_exists(messageID)"


def message_key(conversation: str, message_id: str) -> dict[str, Any]:
    """The key of a message."""
    return {"conversation": {"S": conversation}, "messageID": {"S": message_id}}


def if_exists(table: str, message: Message) -> dict[str, Any]:
    """The part of a transaction about a message that must still exist."""
    return {
        "TableName": table,
        "Key": message_key(message.conversation, message.messageID),
        "ConditionExpression": _MESSAGE_EXISTS,
    }


# Holds if no other request has sent, deleted or read a message since the row was read.
_UNCHANGED = "latest.messageID = :latest AND unread = :unread"


def replace_row(table: str, row: Conversation, changed: Conversation | None) -> Any:
    """The part of a transaction that replaces a row, or deletes it if `changed` is None."""
    condition = {
        "TableName": table,
        "ConditionExpression": _UNCHANGED,
        "ExpressionAttributeValues": {
            ":latest": {"S": row.latest.messageID},
            ":unread": {"N": str(row.unread)},
        },
    }
    if changed is None:
        return {"Delete": {"Key": row_key(row.userID, row.partner), **condition}}
    return {"Put": {"Item": changed.to_item(), **condition}}


# Holds unless another message has created the row in the meantime.
_ABSENT = "attribute_not_exists(userID)"


def move_row(
    table: str, row: Conversation, current: Conversation | None, moved: Conversation
) -> list[Any]:
    """The transaction that replaces a row of version 0.1, and `current`, with the moved row."""
    if current:
        return [replace_row(table, row, None), replace_row(table, current, moved)]
    put = {"TableName": table, "Item": moved.to_item(), "ConditionExpression": _ABSENT}
    return [replace_row(table, row, None), {"Put": put}]
