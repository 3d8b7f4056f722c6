"""Tickets: what lets a browser connect, which cannot send a token along with a handshake.

A token in an address would lie in histories and logs for as long as it is good. A ticket is
good once and for seconds, for one stage of one API, and only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.api.errors import Unauthenticated

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TICKET_SECONDS = 30

# DynamoDB removes what has expired within days, not at once.
_STILL_GOOD_HERE = "stageID = :stage AND expiration > :now"


class Tickets:
    """The idempotency table, under keys of our own: a ticket must not be used twice."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def issue(self, user_id: str, stage: str) -> str:
        """A ticket for the user, to connect to this stage."""
        ticket = secrets.token_urlsafe(32)
        item = _key(ticket) | {
            "userID": {"S": user_id},
            "stageID": {"S": stage},
            "expiration": {"N": str(int(time.time()) + TICKET_SECONDS)},
        }
        self._client.put_item(TableName=self._table, Item=item)
        return ticket

    def redeem(self, ticket: str, stage: str) -> str:
        """The ticket's user, once. Raises Unauthenticated."""
        try:
            answer = self._client.delete_item(
                TableName=self._table,
                Key=_key(ticket),
                ConditionExpression=_STILL_GOOD_HERE,
                ExpressionAttributeValues={
                    ":stage": {"S": stage},
                    ":now": {"N": str(int(time.time()))},
                },
                ReturnValues="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Unauthenticated("no such ticket, or not any more") from error
        return answer["Attributes"]["userID"]["S"]


@cache
def tickets() -> Tickets:
    """The deployed table."""
    return Tickets(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())


def _key(ticket: str) -> dict[str, Any]:
    return {"id": {"S": f"live#{hashlib.sha256(ticket.encode()).hexdigest()}"}}
