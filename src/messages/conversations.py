"""Conversations: the messages of two users, and a row for each of the two users.

A message is an item of its conversation. Each user also has one row per conversation,
`{userID, partner, name, conversation, latest, latestAt, unread, readAt?}`, so that listing the
conversations takes one query, however many messages there are. A message and the two rows change
in one transaction.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from conversation import (
    add_message,
    if_exists,
    message_key,
    move_row,
    replace_row,
    row_key,
)

from common import aws
from common.api.errors import NotFound
from common.dynamodb import items
from common.messages import Conversation, Message, conversation_of
from common.pagination import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Users who write to the same user at the same time change the same row, and DynamoDB accepts only
# one of these transactions. The others pause for a random time and retry, for 3 s on average.
_ATTEMPTS = 8
_FIRST_PAUSE_SECONDS = 0.025
_RETRYABLE = {"None", "TransactionConflict", "ConditionalCheckFailed"}

_ROW_EXISTS = "attribute_exists(userID)"


class Conversations:
    """The messages table and the table of the users' rows."""

    def __init__(self, messages: str, rows: str, client: DynamoDBClient) -> None:
        self._messages = messages
        self._rows = rows
        self._client = client

    def send(self, message: Message) -> None:
        """Store a message and update the rows of both users."""
        write = [
            {"Put": {"TableName": self._messages, "Item": message.to_item()}},
            add_message(self._rows, message.senderID, message, unread=0),
            add_message(self._rows, message.recipientID, message, unread=1),
        ]
        self._commit(lambda: write)

    def get(self, key: tuple[str, str]) -> Message:
        """The message with this key. Raises NotFound."""
        response = self._client.get_item(
            TableName=self._messages, Key=message_key(*key), ConsistentRead=True
        )
        if "Item" not in response:
            raise NotFound("no such message")
        return Message.from_item(response["Item"])

    def messages_with(
        self, user_id: str, partner_id: str, page: Page
    ) -> tuple[list[Message], str | None]:
        """A page of the messages between two users, and the token of the next page.

        The first page has the newest messages. Within a page, the oldest message comes first.
        """
        conversation = conversation_of(user_id, partner_id)
        start = page.start_key("messageID", conversation=conversation)
        found, last = self._newest(conversation, page.limit, start)
        return found[::-1], page.next_token(last, "messageID")

    def of_user(self, user_id: str, page: Page) -> tuple[list[Conversation], str | None]:
        """A page of the user's conversations, by their latest message, newest first."""
        found, token = page.query_newest(
            self._client,
            {"userID": user_id},
            ("latestAt", "partner"),
            TableName=self._rows,
            IndexName="latest",
        )
        rows = (self._under_id(Conversation.from_item(item)) for item in found)
        return list({row.partner: row for row in rows}.values()), token

    def mark_read(self, user_id: str, partner_id: str) -> None:
        """Mark everything that the partner wrote so far as read. Raises NotFound."""
        try:
            self._client.update_item(
                TableName=self._rows,
                Key=row_key(user_id, partner_id),
                UpdateExpression="SET unread = :none, readAt = latestAt",
                ConditionExpression=_ROW_EXISTS,
                ExpressionAttributeValues={":none": {"N": "0"}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise NotFound("no such conversation") from error

    def remove(self, message_id: str, sender_id: str) -> None:
        """Delete a message for both users. Raises NotFound unless it is from this sender."""
        self._commit(lambda: self._removal(message_id, sender_id))

    def _removal(self, message_id: str, sender_id: str) -> list[dict[str, Any]]:
        message = self._find(message_id)
        if message.senderID != sender_id:
            raise NotFound("no such message")
        newest, _ = self._newest(message.conversation, 2)
        others = (other for other in newest if other.messageID != message.messageID)
        latest_other = next(others, None)
        kept = [latest_other] if latest_other else []
        keys = {
            (message.senderID, message.recipientID),
            (message.recipientID, message.senderID),
            # Rows of version 0.1 that their users have not listed since.
            (message.senderID, message.recipient.lower()),
            (message.recipientID, message.sender.lower()),
        }
        return [
            {"Delete": if_exists(self._messages, message)},
            # If another request deletes this message now, its text must not become the latest.
            *({"ConditionCheck": if_exists(self._messages, each)} for each in kept),
            *(
                replace_row(self._rows, row, row.without(message, latest_other))
                # A row under a name may belong to another conversation, of another user.
                for row in (self._row(*key) for key in keys)
                if row and row.conversation == message.conversation
            ),
        ]

    def _under_id(self, row: Conversation) -> Conversation:
        """The row, moved to the partner's ID if version 0.1 stored it under the name.

        If another request changes it at the same time, the next list moves it.
        """
        if row.partner == row.partner_id:
            return row
        current = self._row(row.userID, row.partner_id)
        moved = row.under_id(current)
        is_moved = self._write(move_row(self._rows, row, current, moved))
        return moved if is_moved else current or row

    def _commit(self, transaction: Callable[[], list[dict[str, Any]]]) -> None:
        """Write what `transaction` returns, again after each conflict. Raises TimeoutError."""
        for attempt in range(_ATTEMPTS):
            if self._write(transaction()):
                return
            time.sleep(secrets.randbelow(100) / 100 * _FIRST_PAUSE_SECONDS * 2**attempt)
        raise TimeoutError("too many changes of this conversation at the same time")

    def _write(self, write: list[dict[str, Any]]) -> bool:
        """Whether the transaction succeeded. False if it conflicts with another one."""
        try:
            self._client.transact_write_items(TransactItems=write)  # type: ignore[arg-type]
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason["Code"] for reason in error.response["CancellationReasons"]}
            if not reasons <= _RETRYABLE:
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
        response = self._client.query(**request)
        found = [Message.from_item(item) for item in response["Items"]]
        return found, response.get("LastEvaluatedKey")

    def _row(self, user_id: str, partner: str) -> Conversation | None:
        response = self._client.get_item(
            TableName=self._rows, Key=row_key(user_id, partner), ConsistentRead=True
        )
        return Conversation.from_item(response["Item"]) if "Item" in response else None

    def _find(self, message_id: str) -> Message:
        if not items.is_uuid(message_id):
            raise NotFound("no such message")
        keys = self._client.query(
            TableName=self._messages,
            IndexName="messageID",
            KeyConditionExpression="messageID = :id",
            ExpressionAttributeValues={":id": {"S": message_id}},
        )["Items"]
        if not keys:
            raise NotFound("no such message")
        return self.get((keys[0]["conversation"]["S"], message_id))


@cache
def conversations() -> Conversations:
    """The deployed tables."""
    return Conversations(aws.env("MESSAGES_TABLE"), aws.env("CONVERSATIONS_TABLE"), aws.dynamodb())
