"""WebSocket connections: the devices on which users receive live events.

A device opens a connection with a ticket; see `tickets` in the function `live`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.dynamodb import batches

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIFETIME_SECONDS = 2 * 3600
"""API Gateway closes a connection after this time (WebSocket API quotas)."""

# `live` stores a connection before its handshake is complete. Until then, sending to it fails as
# if it were closed. API Gateway waits at most 29 s for `live` to accept the connection.
_HANDSHAKE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection of a user. `connectedAt` is in epoch seconds."""

    userID: str
    connectionID: str
    connectedAt: int

    @property
    def may_be_connecting(self) -> bool:
        """Whether the connection is so new that its handshake may still be running."""
        return self.connectedAt > time.time() - _HANDSHAKE_SECONDS


class Connections:
    """The connections table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, user_id: str, connection_id: str) -> None:
        """Store a new connection. It expires when API Gateway closes it at the latest."""
        now = int(time.time())
        item = _key(user_id, connection_id) | {
            "connectedAt": {"N": str(now)},
            "expiration": {"N": str(now + LIFETIME_SECONDS)},
        }
        self._client.put_item(TableName=self._table, Item=item)

    def remove(self, connection_id: str) -> None:
        """Delete a connection of any user. If the index does not contain it yet, it expires."""
        found = self._client.query(
            TableName=self._table,
            IndexName="connectionID",
            KeyConditionExpression="connectionID = :id",
            ExpressionAttributeValues={":id": {"S": connection_id}},
        )["Items"]
        for item in found:
            key = _key(item["userID"]["S"], connection_id)
            self._client.delete_item(TableName=self._table, Key=key)

    def of_user(self, user_id: str) -> Iterator[Connection]:
        """The connections of a user that have not expired."""
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "userID = :user",
            # DynamoDB deletes expired items within days, not at once.
            "FilterExpression": "expiration > :now",
            "ExpressionAttributeValues": {
                ":user": {"S": user_id},
                ":now": {"N": str(int(time.time()))},
            },
            "ConsistentRead": True,
        }
        while True:
            response = self._client.query(**request)
            for item in response["Items"]:
                yield Connection(
                    userID=user_id,
                    connectionID=item["connectionID"]["S"],
                    connectedAt=int(item["connectedAt"]["N"]),
                )
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def remove_all(self, connections: Iterable[Connection]) -> None:
        """Delete these connections."""
        keys = (_key(each.userID, each.connectionID) for each in connections)
        batches.delete_items(self._client, self._table, keys)


@cache
def connections() -> Connections:
    """The deployed table."""
    return Connections(aws.env("CONNECTIONS_TABLE"), aws.dynamodb())


def _key(user_id: str, connection_id: str) -> dict[str, Any]:
    return {"userID": {"S": user_id}, "connectionID": {"S": connection_id}}
