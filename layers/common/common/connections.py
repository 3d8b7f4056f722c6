"""WebSocket connections: the devices on which users receive live events.

A device opens a connection with a ticket; see `tickets` in the function `live`. A connection is
leased: it receives events as long as its client sends frames, because `live` then checks that the
user's session is still valid.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.dynamodb import batches
from common.sessions import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE_SECONDS = 15 * 60
"""How long a connection receives events after its client's last frame.

API Gateway closes a connection that is idle for 10 minutes (WebSocket API quotas). So a client that
keeps its connection open by frames of its own also keeps the lease.
"""

# How often the session of a connection is checked at most, however many frames its client sends.
_CHECK_INTERVAL_SECONDS = 60

# `live` stores a connection before its handshake is complete. Until then, sending to it fails as
# if it were closed. API Gateway waits at most 29 s for `live` to accept the connection.
_HANDSHAKE_SECONDS = 30

# Holds for a connection that was not removed and whose lease has not ended. Renewing a removed one
# would connect it again.
_LEASED = "expiration > :now"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection of a user. `connectedAt`, and `expiration` of its lease, in epoch seconds."""

    session: Session
    connectionID: str
    connectedAt: int
    expiration: int

    @property
    def may_be_connecting(self) -> bool:
        """Whether the connection is so new that its handshake may still be running."""
        return is_new(self.connectedAt)

    @property
    def needs_check(self) -> bool:
        """Whether the session was last checked so long ago that it must be checked again."""
        return time.time() > self.expiration - LEASE_SECONDS + _CHECK_INTERVAL_SECONDS


def is_new(connected_at: float) -> bool:
    """Whether the handshake of a connection, or the update of the table's index, may still run."""
    return connected_at > time.time() - _HANDSHAKE_SECONDS


class Connections:
    """The connections table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, session: Session, connection_id: str) -> Connection:
        """Store a new connection, and lease it."""
        now = int(time.time())
        connection = Connection(session, connection_id, now, now + LEASE_SECONDS)
        item = _key(session.userID, connection_id) | {
            **session.to_item(),
            "connectedAt": {"N": str(now)},
            "expiration": {"N": str(connection.expiration)},
        }
        self._client.put_item(TableName=self._table, Item=item)
        return connection

    def find(self, connection_id: str) -> Connection | None:
        """The connection with this ID, if its lease has not ended.

        The index may not contain a new connection yet.
        """
        for user_id in self._users_of(connection_id):
            found = self._client.get_item(
                TableName=self._table, Key=_key(user_id, connection_id), ConsistentRead=True
            )
            if "Item" in found:
                connection = _connection(found["Item"])
                return connection if connection.expiration > time.time() else None
        return None

    def renew(self, connection: Connection) -> bool:
        """Lease the connection again. Returns False if it was removed meanwhile."""
        now = int(time.time())
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(connection.session.userID, connection.connectionID),
                UpdateExpression="SET expiration = :end",
                ConditionExpression=_LEASED,
                ExpressionAttributeValues={
                    ":end": {"N": str(now + LEASE_SECONDS)},
                    ":now": {"N": str(now)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def remove(self, connection_id: str) -> None:
        """Delete a connection of any user. If the index does not contain it yet, it expires."""
        for user_id in self._users_of(connection_id):
            self._client.delete_item(TableName=self._table, Key=_key(user_id, connection_id))

    def of_user(self, user_id: str, *, include_expired: bool = False) -> Iterator[Connection]:
        """The connections of a user. One whose lease has ended may still be open."""
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "userID = :user",
            "ExpressionAttributeValues": {":user": {"S": user_id}},
            "ConsistentRead": True,
        }
        if not include_expired:
            # DynamoDB deletes expired items within days, not at once.
            request["FilterExpression"] = _LEASED
            request["ExpressionAttributeValues"][":now"] = {"N": str(int(time.time()))}
        while True:
            response = self._client.query(**request)
            yield from map(_connection, response["Items"])
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def remove_all(self, connections: Iterable[Connection]) -> None:
        """Delete these connections."""
        keys = (_key(each.session.userID, each.connectionID) for each in connections)
        batches.delete_items(self._client, self._table, keys)

    def _users_of(self, connection_id: str) -> list[str]:
        found = self._client.query(
            TableName=self._table,
            IndexName="connectionID",
            KeyConditionExpression="connectionID = :id",
            ExpressionAttributeValues={":id": {"S": connection_id}},
        )
        return [item["userID"]["S"] for item in found["Items"]]


@cache
def connections() -> Connections:
    """The deployed table."""
    return Connections(aws.env("CONNECTIONS_TABLE"), aws.dynamodb())


def _connection(item: Mapping[str, Any]) -> Connection:
    return Connection(
        Session.from_item(item),
        item["connectionID"]["S"],
        int(item["connectedAt"]["N"]),
        int(item["expiration"]["N"]),
    )


def _key(user_id: str, connection_id: str) -> dict[str, Any]:
    return {"userID": {"S": user_id}, "connectionID": {"S": connection_id}}
