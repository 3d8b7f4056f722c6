"""The parts of the transactions that change a conversation's messages and rows."""

from __future__ import annotations

from typing import Any

from common.messages import Conversation, Message


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
