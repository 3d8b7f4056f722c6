"""The open challenges of sign-ins. A client gets a random token and never Cognito's own session.

Cognito's session does not say whose it is. Here the token is bound to the user and the challenge of
the sign-in that opened it, and is valid for one answer. Only its hash is stored.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.api.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

VALID_SECONDS = 180  # as long as Cognito's session

# Holds for the open challenge of this name and user. DynamoDB deletes expired items within days,
# not at once.
_OPEN_FOR_USER = "challenge = :challenge AND contains(knownAs, :name) AND expiration > :now"


@dataclass(frozen=True)
class Challenge:
    """What Cognito needs for the answer, and the name with which the user signed in."""

    challenge: str
    session: str
    username: str
    signed_in_as: str


class Challenges:
    """The idempotency table, in which this function uses keys with a prefix of its own."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def open(self, challenge: Challenge) -> str:
        """A token with which the user can answer the challenge."""
        token = secrets.token_urlsafe(32)
        names = {challenge.username.lower(), challenge.signed_in_as.lower()}
        self._put(
            _key(token)
            | {
                "challenge": {"S": challenge.challenge},
                "session": {"S": challenge.session},
                "username": {"S": challenge.username},
                "signedInAs": {"S": challenge.signed_in_as},
                "knownAs": {"SS": sorted(names)},
                "expiration": {"N": str(int(time.time()) + VALID_SECONDS)},
            }
        )
        return token

    @contextmanager
    def answering(self, token: str, challenge: str, username: str) -> Iterator[Challenge]:
        """Take the challenge for one answer. If the answer is refused, it is open again.

        Raises Unauthenticated if the token is unknown, used or expired, or belongs to another
        challenge or user.
        """
        item = self._take(token, challenge, username)
        try:
            yield Challenge(
                item["challenge"]["S"],
                item["session"]["S"],
                item["username"]["S"],
                item["signedInAs"]["S"],
            )
        except Exception:
            self._put(item)
            raise

    def _take(self, token: str, challenge: str, username: str) -> dict[str, Any]:
        try:
            response = self._client.delete_item(
                TableName=self._table,
                Key=_key(token),
                ConditionExpression=_OPEN_FOR_USER,
                ExpressionAttributeValues={
                    ":challenge": {"S": challenge},
                    ":name": {"S": username.lower()},
                    ":now": {"N": str(int(time.time()))},
                },
                ReturnValues="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Unauthenticated("sign in again") from error
        return response["Attributes"]

    def _put(self, item: dict[str, Any]) -> None:
        self._client.put_item(TableName=self._table, Item=item)


@cache
def challenges() -> Challenges:
    """The deployed table."""
    return Challenges(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())


def _key(token: str) -> dict[str, Any]:
    return {"id": {"S": f"users#challenge#{hashlib.sha256(token.encode()).hexdigest()}"}}
