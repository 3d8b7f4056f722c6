"""Sessions of users of the user pool: when they began, and whether they have ended since.

API Gateway accepts a token until it expires, even after Cognito has revoked it. So the end of a
user's sessions is recorded: who has a token of an earlier session gets no live events with it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from common import aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "signed-out#"
"""The beginning of the keys of ended sessions. The `sub` follows."""

KEPT_SECONDS = 26 * 3600
"""The longest that a token (24 h) and then a connection that was opened with it (2 h) are valid."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a token says about its user's session.

    `authTime`, in epoch seconds, is when the user signed in. It stays the same when tokens are
    refreshed. It is None for the users of another issuer, whose sessions only the issuer can end.
    """

    userID: str
    username: str = ""
    authTime: int | None = None

    def to_item(self) -> dict[str, Any]:
        """The session as part of an item, in DynamoDB's format."""
        item: dict[str, Any] = {"userID": {"S": self.userID}}
        if self.authTime is not None:
            item |= {"username": {"S": self.username}, "authTime": {"N": str(self.authTime)}}
        return item

    def has_ended_by(self, ended_at: int) -> bool:
        """Whether the session had begun when the sessions of its user ended, in epoch seconds.

        A session that began in the same second has ended, too: nobody knows which came first.
        """
        return self.authTime is None or self.authTime <= ended_at

    @classmethod
    def from_claims(cls, claims: Mapping[str, str], username: str) -> Self:
        """The session of a verified token with these claims and this user name."""
        if "token_use" not in claims:  # the token of another issuer
            return cls(claims["sub"])
        return cls(claims["sub"], username, int(claims["auth_time"]))

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The session in an item, in DynamoDB's format."""
        if "authTime" not in item:
            return cls(item["userID"]["S"])
        return cls(item["userID"]["S"], item["username"]["S"], int(item["authTime"]["N"]))


class EndedSessions:
    """The idempotency table, in which ended sessions use keys with a prefix of their own."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def record(self, user_id: str) -> int:
        """Record that all sessions of a user end now. Returns the time, in epoch seconds."""
        now = int(time.time())
        item = _key(user_id) | {
            "endedAt": {"N": str(now)},
            "expiration": {"N": str(now + KEPT_SECONDS)},
        }
        self._client.put_item(TableName=self._table, Item=item)
        return now

    def ended_at(self, user_id: str) -> int | None:
        """When the sessions of a user ended last, in epoch seconds, or None if they have not."""
        found = self._client.get_item(TableName=self._table, Key=_key(user_id), ConsistentRead=True)
        return int(found["Item"]["endedAt"]["N"]) if "Item" in found else None

    def contain(self, session: Session) -> bool:
        """Whether a session of the user pool has ended."""
        if session.authTime is None:
            return False
        ended_at = self.ended_at(session.userID)
        return ended_at is not None and session.has_ended_by(ended_at)


@cache
def ended_sessions() -> EndedSessions:
    """The deployed table."""
    return EndedSessions(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())


def _key(user_id: str) -> dict[str, Any]:
    return {"id": {"S": f"{PREFIX}{user_id}"}}
