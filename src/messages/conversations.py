"""Conversations: the messages of two users, and a row for each of the two.

Messages are items of their conversation. Beside them each user has a row a conversation,
`{userID, partner, name, conversation, latest, latestAt, unread, readAt?}`: the list of
conversations is one query, however many messages there are. Messages and rows change in one
transaction, or not at all.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from common import aws
from common.api.errors import NotFound
from common.dynamodb import items
from common.messages import Message
from common.pagination import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

# Who write to the same user at once change the same row, and DynamoDB lets one of them through.
# The others pause, each for a time of its own, 3 s in all on an average.
_TRIES = 8
_FIRST_PAUSE_SECONDS = 0.025
_ANOTHER_WAS_IN_THE_WAY = {"None", "TransactionConflict", "ConditionalCheckFailed"}

_NOBODY_ELSE_CHANGED_IT = "latest.messageID = :latest AND unread = :unread"
_STILL_THERE = "attribute_exists(messageID)"
_HAS_CONVERSATION = "attribute_exists(userID)"


@dataclass(frozen=True, slots=True)
class Conversation:
    """One user's row. `partner` is the other's name in lower case, `unread` a count."""

    userID: str
    partner: str
    name: str
    conversation: str
    latest: Message
    unread: int
    readAt: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        fields = items.read(item, cls.__slots__)
        return cls(
            **fields | {"latest": Message(**fields["latest"]), "unread": int(fields["unread"])}
        )

    def to_item(self) -> dict[str, Any]:
        return items.written(asdict(self) | {"latestAt": self.latest.sentAt})

    def to_json(self) -> dict[str, Any]:
        return {"with": self.name, "latest": self.latest.to_json(), "unread": self.unread}

    def without(self, message: Message, before: Message | None) -> Conversation | None:
        """The row when the message is gone and `before` is the latest but for it; None for none."""
        if before is None:
            return None
        unread = self.userID == message.recipientID and message.sentAt > self.readAt
        is_latest = self.latest.messageID == message.messageID
        return replace(
            self,
            latest=before if is_latest else self.latest,
            unread=max(0, self.unread - unread),
        )


class Conversations:
    """The messages table, and the table of the rows beside it."""

    def __init__(self, messages: str, rows: str, client: DynamoDBClient) -> None:
        self._messages = messages
        self._rows = rows
        self._client = client

    def send(self, message: Message) -> None:
        """Keep the message and tell both rows."""
        write = [
            {"Put": {"TableName": self._messages, "Item": message.to_item()}},
            self._noted(message.senderID, message.recipient, message, unread=0),
            self._noted(message.recipientID, message.sender, message, unread=1),
        ]
        for attempt in range(_TRIES):
            if self._wrote(write):
                return
            _pause(attempt)
        raise TimeoutError("not sent: the conversation goes on too fast")

    def between(self, user_id: str, partner: str, page: Page) -> tuple[list[Message], str | None]:
        """A page of the user's conversation with somebody, the newest page first.

        Inside a page the messages stand in the order in which they were written.
        """
        start = page.start("messageID")
        row = self._row(user_id, partner)
        if row is None:
            return [], None
        if start:
            start["conversation"] = {"S": row.conversation}
        found, last = self._newest(row.conversation, page.limit, start)
        return found[::-1], page.next(last, "messageID")

    def of(self, user_id: str, page: Page) -> tuple[list[Conversation], str | None]:
        """A page of the user's conversations, the one with the latest message first."""
        found, token = page.newest(
            self._client,
            {"userID": user_id},
            ("latestAt", "partner"),
            TableName=self._rows,
            IndexName="latest",
        )
        return [Conversation.from_item(item) for item in found], token

    def mark_read(self, user_id: str, partner: str) -> None:
        """The user has read all that the partner wrote so far. Raises NotFound."""
        try:
            self._client.update_item(
                TableName=self._rows,
                Key=_row_key(user_id, partner),
                UpdateExpression="SET unread = :none, readAt = latestAt",
                ConditionExpression=_HAS_CONVERSATION,
                ExpressionAttributeValues={":none": {"N": "0"}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise NotFound("no such conversation") from error

    def remove(self, message_id: str, sender_id: str) -> None:
        """Delete the sender's own message, for both. Raises NotFound, for another's too."""
        for attempt in range(_TRIES):
            message = self._find(message_id) if items.is_id(message_id) else None
            if message is None or message.senderID != sender_id:
                raise NotFound("no such message")
            if self._wrote(self._removal(message)):
                return
            _pause(attempt)
        raise TimeoutError("not deleted: the conversation goes on too fast")

    def _removal(self, message: Message) -> list[dict[str, Any]]:
        found, _ = self._newest(message.conversation, 2)
        before = next((other for other in found if other.messageID != message.messageID), None)
        rows = (
            self._row(message.senderID, message.recipient.lower()),
            self._row(message.recipientID, message.sender.lower()),
        )
        return [
            self._standing("Delete", message),
            # Else its text would come back as the latest if it is deleted just now.
            *([self._standing("ConditionCheck", before)] if before else []),
            *(
                self._replaced(row, row.without(message, before))
                # The row is another's where the name has since been registered anew.
                for row in rows
                if row and row.conversation == message.conversation
            ),
        ]

    def _standing(self, action: str, message: Message) -> dict[str, Any]:
        return {
            action: {
                "TableName": self._messages,
                "Key": _message_key(message.conversation, message.messageID),
                "ConditionExpression": _STILL_THERE,
            }
        }

    def _noted(self, user_id: str, name: str, message: Message, unread: int) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._rows,
                "Key": _row_key(user_id, name.lower()),
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

    def _replaced(self, row: Conversation, changed: Conversation | None) -> dict[str, Any]:
        condition = {
            "TableName": self._rows,
            "ConditionExpression": _NOBODY_ELSE_CHANGED_IT,
            "ExpressionAttributeValues": {
                ":latest": {"S": row.latest.messageID},
                ":unread": {"N": str(row.unread)},
            },
        }
        if changed is None:
            return {"Delete": {"Key": _row_key(row.userID, row.partner), **condition}}
        return {"Put": {"Item": changed.to_item(), **condition}}

    def _wrote(self, write: list[dict[str, Any]]) -> bool:
        """Whether the transaction went through; False where another one was in its way."""
        try:
            self._client.transact_write_items(TransactItems=write)  # type: ignore[arg-type]
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason["Code"] for reason in error.response["CancellationReasons"]}
            if not reasons <= _ANOTHER_WAS_IN_THE_WAY:
                raise
            return False
        return True

    def _newest(
        self, conversation: str, limit: int, start: dict[str, Any] | None = None
    ) -> tuple[list[Message], Any]:
        request: Any = {
            "TableName": self._messages,
            "KeyConditionExpression": "conversation = :conversation",
            "ExpressionAttributeValues": {":conversation": {"S": conversation}},
            "ConsistentRead": True,
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if start:
            request["ExclusiveStartKey"] = start
        answer = self._client.query(**request)
        found = [Message.from_item(item) for item in answer["Items"]]
        return found, answer.get("LastEvaluatedKey")

    def _row(self, user_id: str, partner: str) -> Conversation | None:
        answer = self._client.get_item(
            TableName=self._rows, Key=_row_key(user_id, partner), ConsistentRead=True
        )
        return Conversation.from_item(answer["Item"]) if "Item" in answer else None

    def _find(self, message_id: str) -> Message | None:
        keys = self._client.query(
            TableName=self._messages,
            IndexName="messageID",
            KeyConditionExpression="messageID = :id",
            ExpressionAttributeValues={":id": {"S": message_id}},
        )["Items"]
        if not keys:
            return None
        key = _message_key(keys[0]["conversation"]["S"], message_id)
        answer = self._client.get_item(TableName=self._messages, Key=key, ConsistentRead=True)
        return Message.from_item(answer["Item"]) if "Item" in answer else None


@cache
def conversations() -> Conversations:
    """The deployed tables."""
    return Conversations(aws.env("MESSAGES_TABLE"), aws.env("CONVERSATIONS_TABLE"), aws.dynamodb())


def _pause(attempt: int) -> None:
    time.sleep(secrets.randbelow(100) / 100 * _FIRST_PAUSE_SECONDS * 2**attempt)


def _message_key(conversation: str, message_id: str) -> dict[str, Any]:
    return {"conversation": {"S": conversation}, "messageID": {"S": message_id}}


def _row_key(user_id: str, partner: str) -> dict[str, Any]:
    return {"userID": {"S": user_id}, "partner": {"S": partner}}
