"""The limit of wrong codes and passwords of users who have passed the first step of a sign-in.

An attacker who knows a password could otherwise guess the code of the authenticator app: codes are
short, and each sign-in would give a new session to guess in.
"""

from __future__ import annotations

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

# Holds if there was no attempt within the window. DynamoDB deletes expired items within days.
_FIRST = "attribute_not_exists(id) OR expiration <= :now"
_BELOW_LIMIT = "attempts < :limit"


class Attempts:
    """The idempotency table, in which this function uses keys with a prefix of its own."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    @contextmanager
    def limited(self, username: str) -> Iterator[None]:
        """Allow this many attempts until the user is right or has waited for the whole window.

        Raises TooManyRequests. An attempt is counted before it is made, so that concurrent ones
        cannot exceed the limit. Success deletes the count (NIST SP 800-63B, 5.2.2).
        """
        key = {"id": {"S": f"users#attempts#{username.lower()}"}}
        self._count(key)
        yield
        self._client.delete_item(TableName=self._table, Key=key)

    def _count(self, key: dict[str, Any]) -> None:
        now = int(time.time())
        until = {":until": {"N": str(now + WINDOW_SECONDS)}, ":one": {"N": "1"}}
        refused = self._client.exceptions.ConditionalCheckFailedException
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET attempts = :one, expiration = :until",
                ConditionExpression=_FIRST,
                ExpressionAttributeValues=until | {":now": {"N": str(now)}},
            )
        except refused:
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression="SET expiration = :until ADD attempts :one",
                    ConditionExpression=_BELOW_LIMIT,
                    ExpressionAttributeValues=until | {":limit": {"N": str(LIMIT)}},
                )
            except refused as error:
                raise TooManyRequests("too many attempts; wait some minutes") from error


@cache
def attempts() -> Attempts:
    """The deployed table."""
    return Attempts(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())
