"""Connections: which of a user's devices listen live. They come by tickets, see `live`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any

from common import aws
from common.parallel import map_parallel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIFETIME_SECONDS = 2 * 3600  # of a connection (API Gateway quotas, WebSocket)

# A connection is noted before its handshake ends, and until then looks as dead as one that is
# over: API Gateway waits at most 29 s for `live` to let it in.
_HANDSHAKE_SECONDS = 30

_WRITE_ITEMS = 25  # what one request takes (DynamoDB API reference, BatchWriteItem)


@dataclass(frozen=True, slots=True)
class Connection:
    """One open connection of a user's. `connectedAt` is in epoch seconds."""

    userID: str
    connectionID: str
    connectedAt: int

    @property
    def may_be_shaking_hands(self) -> bool:
        """Whether it may not be open yet."""
        return self.connectedAt > time.time() - _HANDSHAKE_SECONDS


class Connections:
    """The connections table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, user_id: str, connection_id: str) -> None:
        """Note a new connection for as long as it may last."""
        now = int(time.time())
        item = _key(user_id, connection_id) | {
            "connectedAt": {"N": str(now)},
            "expiration": {"N": str(now + LIFETIME_SECONDS)},
        }
        self._client.put_item(TableName=self._table, Item=item)

    def remove(self, connection_id: str) -> None:
        """Forget a connection, whoever's it is. One that the index does not know yet expires."""
        found = self._client.query(
            TableName=self._table,
            IndexName="connectionID",
            KeyConditionExpression="connectionID = :id",
            ExpressionAttributeValues={":id": {"S": connection_id}},
        )["Items"]
        for item in found:
            key = _key(item["userID"]["S"], connection_id)
            self._client.delete_item(TableName=self._table, Key=key)

    def of(self, user_id: str) -> Iterator[Connection]:
        """The user's connections."""
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "userID = :user",
            # DynamoDB removes what has expired within days, not at once.
            "FilterExpression": "expiration > :now",
            "ExpressionAttributeValues": {
                ":user": {"S": user_id},
                ":now": {"N": str(int(time.time()))},
            },
            "ConsistentRead": True,
        }
        while True:
            answer = self._client.query(**request)
            for item in answer["Items"]:
                yield Connection(
                    userID=user_id,
                    connectionID=item["connectionID"]["S"],
                    connectedAt=int(item["connectedAt"]["N"]),
                )
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def drop(self, dead: Iterable[Connection]) -> None:
        """Forget connections that are over."""
        map_parallel(self._delete, batched(dead, _WRITE_ITEMS, strict=False))

    def _delete(self, dead: tuple[Connection, ...]) -> None:
        request: Any = {
            self._table: [
                {"DeleteRequest": {"Key": _key(each.userID, each.connectionID)}} for each in dead
            ]
        }
        while request:
            request = self._client.batch_write_item(RequestItems=request).get("UnprocessedItems")


@cache
def connections() -> Connections:
    """The deployed table."""
    return Connections(aws.env("CONNECTIONS_TABLE"), aws.dynamodb())


def _key(user_id: str, connection_id: str) -> dict[str, Any]:
    return {"userID": {"S": user_id}, "connectionID": {"S": connection_id}}
