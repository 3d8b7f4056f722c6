"""The user's conversations, for both sides: what others wrote to the user is about the user."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from common import aws
from common.dynamodb import batches, queries
from common.erasures import Erasure
from common.messages import Message
from steps import paging

_PAGE_ROWS = 100

# Holds unless a message has been sent meanwhile.
_IS_UNCHANGED = "latest.messageID = :latest"
# A row of version 0.1, under a name, may belong to a conversation with another user.
_OF_CONVERSATION = "conversation = :conversation"


def erase(erasure: Erasure, _: Any) -> Any:
    """Delete a page of messages of a conversation or, after its last message, its rows.

    The user's own row leads to the rest, so it is deleted last, and only if no message has arrived.
    """
    rows, _after = queries.query(
        aws.dynamodb(),
        "userID",
        erasure.sub,
        Limit=1,
        TableName=aws.env("CONVERSATIONS_TABLE"),
        ConsistentRead=True,
    )
    if not rows:
        return None
    [row] = rows
    found, _after = queries.query(
        aws.dynamodb(),
        "conversation",
        row["conversation"]["S"],
        Limit=_PAGE_ROWS,
        TableName=aws.env("MESSAGES_TABLE"),
        ConsistentRead=True,
    )
    if found:
        keys = ({name: item[name] for name in ("conversation", "messageID")} for item in found)
        batches.delete_items(aws.dynamodb(), aws.env("MESSAGES_TABLE"), keys)
    else:
        _remove_rows(erasure.sub, row)
    return paging.AGAIN


def _remove_rows(sub: str, row: Any) -> None:
    latest = Message.from_item(row["latest"]["M"])
    partner = latest.partner_of(sub).userID
    own_name = latest.partner_of(partner).name
    for name in (sub, own_name.lower()):
        _remove(partner, name, _OF_CONVERSATION, {":conversation": row["conversation"]})
    _remove(sub, row["partner"]["S"], _IS_UNCHANGED, {":latest": {"S": latest.messageID}})


def _remove(user_id: str, partner: str, condition: str, values: Any) -> None:
    client = aws.dynamodb()
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.delete_item(
            TableName=aws.env("CONVERSATIONS_TABLE"),
            Key={"userID": {"S": user_id}, "partner": {"S": partner}},
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )
