"""The limit of wrong codes and passwords of users who have passed the first step of a sign-in.

An attacker who knows a password could otherwise guess the code of the authenticator app: codes are
short, and each sign-in would give a new session to guess in.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.api.errors import TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

LIMIT = 5
WINDOW_SECONDS = 900

# Holds for the first attempt, and for each other one below the limit and within the window.
_ALLOWED = "attribute_not_exists(id) OR (attempts < :limit AND expiration > :now)"
# Holds for the count of an earlier window. DynamoDB deletes expired items within days, not at once.
_EXPIRED = "expiration <= :now"


class Attempts:
    """The idempotency table, in which this function uses keys with a prefix of its own.

    A key contains a hash of the user's name, so a count does not outlive the user by name.
    """

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    @contextmanager
    def limited(self, username: str) -> Iterator[None]:
        """Allow this many attempts until the user is right or has waited for the whole window.

        Raises TooManyRequests. An attempt is counted before it is made, so that concurrent ones
        cannot exceed the limit. Success deletes the count (NIST SP 800-63B, 5.2.2).
        """
        hashed = hashlib.sha256(username.lower().encode()).hexdigest()
        key = {"id": {"S": f"users#attempts#{hashed}"}}
        self._count(key)
        yield
        self._client.delete_item(TableName=self._table, Key=key)

    def _count(self, key: dict[str, Any]) -> None:
        now = int(time.time())
        values: Any = {
            ":now": {"N": str(now)},
            ":until": {"N": str(now + WINDOW_SECONDS)},
            ":one": {"N": "1"},
        }
        refused = self._client.exceptions.ConditionalCheckFailedException
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET expiration = :until ADD attempts :one",
                ConditionExpression=_ALLOWED,
                ExpressionAttributeValues=values | {":limit": {"N": str(LIMIT)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except refused as error:
            found: Any = error.response["Item"]  # type: ignore[typeddict-item]
            seconds_left = int(found["expiration"]["N"]) - now
            if seconds_left > 0:
                raise TooManyRequests("too many attempts", retry_after=seconds_left) from error
            self._begin(key, values)

    def _begin(self, key: dict[str, Any], values: Any) -> None:
        """Replace the count of an earlier window. Of several attempts at once, one does."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET expiration = :until, attempts = :one",
                ConditionExpression=_EXPIRED,
                ExpressionAttributeValues=values,
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise TooManyRequests("too many attempts", retry_after=1) from error


@cache
def attempts() -> Attempts:
    """The deployed table."""
    return Attempts(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())
