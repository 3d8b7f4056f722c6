"""Tickets, which let a browser connect: it cannot send a token with a WebSocket handshake.

A token in a URL would stay in browser histories and logs while it is still valid. A ticket is
valid once, for 30 seconds and for one stage of one API. Only its hash is stored.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.api.errors import Unauthenticated
from common.sessions import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TICKET_SECONDS = 30

# Holds for a ticket of this stage that was neither used nor has expired. DynamoDB deletes expired
# items within days, not at once.
_VALID_HERE = "stageID = :stage AND expiration > :now"


class Tickets:
    """The idempotency table, in which this function uses keys with a prefix of its own."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def issue(self, session: Session, stage: str) -> str:
        """A new ticket with which the session's user can connect to this stage."""
        ticket = secrets.token_urlsafe(32)
        item = _key(ticket) | {
            **session.to_item(),
            "stageID": {"S": stage},
            "expiration": {"N": str(int(time.time()) + TICKET_SECONDS)},
        }
        self._client.put_item(TableName=self._table, Item=item)
        return ticket

    def redeem(self, ticket: str, stage: str) -> Session:
        """Invalidate a ticket and return its session. Raises Unauthenticated if it is invalid."""
        try:
            response = self._client.delete_item(
                TableName=self._table,
                Key=_key(ticket),
                ConditionExpression=_VALID_HERE,
                ExpressionAttributeValues={
                    ":stage": {"S": stage},
                    ":now": {"N": str(int(time.time()))},
                },
                ReturnValues="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Unauthenticated("the ticket is unknown, used or expired") from error
        return Session.from_item(response["Attributes"])


@cache
def tickets() -> Tickets:
    """The deployed table."""
    return Tickets(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())


def _key(ticket: str) -> dict[str, Any]:
    return {"id": {"S": f"live#{hashlib.sha256(ticket.encode()).hexdigest()}"}}
