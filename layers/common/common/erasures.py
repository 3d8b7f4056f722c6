"""Erasures: users whose data are being erased, and the queue of the job that erases them.

A row `{sub, username, email, requestedAt, dueAt, step, position}` says whom to erase, and how far
the job is. The job deletes what it finds of the user in every store, which is one sweep. It repeats
that, because data may arrive late. After the last sweep, it deletes the row.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from common import aws
from common.dynamodb import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

_DAY = 24 * 3600

SECOND_SWEEP_SECONDS = 15 * 60
"""When the second sweep is due. SQS delays a message no longer."""

LATEST_ARRIVAL_SECONDS = (1 + 4 + 14 + 4) * _DAY
"""How long after the request data of the user may arrive, at most.

A token is valid for a day. An order that was placed with it waits up to 4 days in its queue, then
as a dead letter up to 14 days, and again 4 days if it is replayed.
"""

# Holds as long as nobody has begun a later sweep.
_SAME_SWEEP = "dueAt = :due"


class SweepIsOver(Exception):
    """Another invocation has finished this sweep, or the operator has begun another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One user to erase. `username` and `email` are empty if the user pool has no such user.

    Times are in epoch seconds. `step` names the step that is next, and `position`, in JSON, is
    where it continues; both are empty at the beginning.
    """

    sub: str
    username: str = ""
    email: str = ""
    requestedAt: int
    dueAt: int
    step: str = ""
    position: str = ""

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        fields = items.deserialize(item, cls.__slots__)
        return cls(**{**fields, **{name: int(fields[name]) for name in ("requestedAt", "dueAt")}})

    def to_item(self) -> dict[str, Any]:
        return items.serialize(asdict(self))

    @property
    def next_due(self) -> int | None:
        """When the sweep after this one is due; None if this one is the last.

        The last one is the first sweep that begins after the latest possible arrival.
        """
        if self.dueAt >= self.requestedAt + LATEST_ARRIVAL_SECONDS:
            return None
        is_first = self.dueAt < self.requestedAt + SECOND_SWEEP_SECONDS
        return int(time.time()) + (SECOND_SWEEP_SECONDS if is_first else _DAY)


class Erasures:
    """The table of erasures, and the queue whose messages name the `sub` of one."""

    def __init__(self, table: str, queue: str, dynamodb: DynamoDBClient, sqs: SQSClient) -> None:
        self._table = table
        self._queue = queue
        self._client = dynamodb
        self._sqs = sqs

    def start(self, sub: str, username: str = "", email: str = "") -> None:
        """Begin to erase a user, or the next sweep if the erasure has begun already."""
        now = int(time.time())
        made = Erasure(sub=sub, username=username, email=email, requestedAt=now, dueAt=now)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=made.to_item(),
                ConditionExpression="attribute_not_exists(dueAt)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            self._client.update_item(
                TableName=self._table,
                Key=_key(sub),
                UpdateExpression="SET dueAt = :now",
                ExpressionAttributeValues={":now": {"N": str(now)}},
            )
        self.send(sub)

    def send(self, sub: str, delay_seconds: int = 0) -> None:
        """Let the job continue with this user, after at most 15 minutes."""
        self._sqs.send_message(
            QueueUrl=self._queue,
            MessageBody=json.dumps({"sub": sub}),
            DelaySeconds=delay_seconds,
        )

    def find(self, sub: str) -> Erasure | None:
        """The erasure of a user; None if there is none, or it is complete."""
        found = self._client.get_item(
            TableName=self._table, Key=_key(sub), ConsistentRead=True
        ).get("Item")
        return Erasure.from_item(found) if found else None

    def due(self) -> Iterator[str]:
        """The `sub`s of the users for whom a sweep is due."""
        request: Any = {
            "TableName": self._table,
            "FilterExpression": "dueAt <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(int(time.time()))}},
        }
        while True:
            response = self._client.scan(**request)
            yield from (item["sub"]["S"] for item in response["Items"])
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def save(self, erasure: Erasure, due: int) -> None:
        """Store how far the sweep is that was due at this time. Raises SweepIsOver."""
        try:
            self._client.put_item(
                TableName=self._table, Item=erasure.to_item(), **_if_same_sweep(due)
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise SweepIsOver from error

    def remove(self, erasure: Erasure) -> None:
        """Forget the user after the last sweep. Raises SweepIsOver."""
        try:
            self._client.delete_item(
                TableName=self._table, Key=_key(erasure.sub), **_if_same_sweep(erasure.dueAt)
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise SweepIsOver from error


@cache
def erasures() -> Erasures:
    """The deployed table and queue."""
    return Erasures(
        aws.env("ERASURES_TABLE"), aws.env("ERASURE_QUEUE_URL"), aws.dynamodb(), aws.sqs()
    )


def _key(sub: str) -> dict[str, Any]:
    return {"sub": {"S": sub}}


def _if_same_sweep(due: int) -> Any:
    return {
        "ConditionExpression": _SAME_SWEEP,
        "ExpressionAttributeValues": {":due": {"N": str(due)}},
    }
