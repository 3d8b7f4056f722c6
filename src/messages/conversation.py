"""One user's row of a conversation: its shape, and how messages change it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from common.dynamodb import items
from common.messages import Message

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Conversation:
    """One user's row. `partner` is the other user's name in lower case, `unread` a count."""

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
        return {"with": self.name, "latest": self.latest.to_json(), "unread": self.unread}

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
    return {"userID": {"S": user_id}, "partner": {"S": partner}}


def add_message(table: str, user_id: str, name: str, message: Message, unread: int) -> Any:
    """The part of a transaction that adds a message to the row of one of its two users.

    `name` is the name of the other user.
    """
    return {
        "Update": {
            "TableName": table,
            "Key": row_key(user_id, name.lower()),
            "UpdateExpression": "SET #name = :name, conversation = :conversation, "
            "latest = :latest, latestAt = :latestAt ADD unread :unread",
            "ExpressionAttributeNames": {"#name": "name"},
            "ExpressionAttributeValues": {
                ":name": {"S": name},
                ":conversation": {"S": message.conversation},
                ":latest": {"M": message.to_item()},
                ":latestAt": {"S": message.sentAt},
                ":unread": {"N": str(unread)},
            },
        }
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
