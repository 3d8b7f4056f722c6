"""The rows of exports in the idempotency table, and the queue of their jobs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.export import Export, Part, Status, row_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

# Holds unless the job was replaced, was deleted with its user, or has this part already. That it
# failed does not matter: whoever repeats the message of a failed job wants it to go on.
_UNCHANGED = "exportID = :export AND #status <> :ready AND size(parts) = :parts"
_ABSENT = "attribute_not_exists(id)"
_SAME_JOB = "exportID = :export"


class Exports:
    """The rows of exports, and the queue of the jobs."""

    def __init__(
        self, table: str, queue_url: str, dynamodb: DynamoDBClient, sqs: SQSClient
    ) -> None:
        self._table = table
        self._queue_url = queue_url
        self._dynamodb = dynamodb
        self._sqs = sqs

    def find(self, user_id: str) -> Export | None:
        """The user's export, unless it has expired."""
        found = self._dynamodb.get_item(
            TableName=self._table, Key=row_key(user_id), ConsistentRead=True
        )
        export = Export.from_item(found["Item"]) if "Item" in found else None
        # DynamoDB deletes expired items within days, not at once.
        return export if export and export.expiration > time.time() else None

    def request(self, user_id: str, caller: Mapping[str, Any], *, fresh: bool) -> Export:
        """The user's export, or a new one that was started now.

        With `fresh`, the client wants another one, which it gets after a failure or an hour.
        """
        found = self.find(user_id)
        if found and not found.may_be_replaced(fresh=fresh):
            return found
        started = Export.new(user_id, caller)
        if not self._replace(found, started):
            found = self.find(user_id)
            # Its own one is there if the SDK has repeated the write, because the answer was lost.
            if found and found.exportID != started.exportID:
                return found
        try:
            self.enqueue(started)
        except Exception:
            self._remove(started)  # otherwise it would be PREPARING, and nobody would prepare it
            raise
        return started

    def enqueue(self, export: Export) -> None:
        """Let `export_writer` prepare the next part."""
        job = {"userID": export.userID, "exportID": export.exportID}
        self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(job))

    def add_part(
        self, export: Export, part: Part, position: dict[str, Any] | None
    ) -> Export | None:
        """The export with one more part, stored. READY if there is no position for another one.

        None if the row has changed: then the part belongs to no export.
        """
        changed = replace(
            export,
            parts=(*export.parts, part),
            position=position,
            status=Status.PREPARING if position else Status.READY,
            reason="",
        )
        if stored := self._update(export, changed):
            return stored
        found = self.find(export.userID)
        # It is there if the SDK has repeated the write, because the answer was lost.
        return found if found and part in found.parts else None

    def fail(self, export: Export, reason: str) -> Export | None:
        """The export as FAILED, stored. None if the row has changed."""
        return self._update(export, replace(export, status=Status.FAILED, reason=reason))

    def _replace(self, found: Export | None, started: Export) -> bool:
        """Store a new export. False if the row is not the one that was found."""
        condition: dict[str, Any] = {"ConditionExpression": f"{_ABSENT} OR expiration <= :now"}
        values = {":now": {"N": str(started.startedAt)}}
        if found:
            condition = {"ConditionExpression": _SAME_JOB}
            values = {":export": {"S": found.exportID}}
        return self._put(started, ExpressionAttributeValues=values, **condition)

    def _update(self, export: Export, changed: Export) -> Export | None:
        changed = replace(changed, changedAt=int(time.time()))
        is_stored = self._put(
            changed,
            ConditionExpression=_UNCHANGED,
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":export": {"S": export.exportID},
                ":ready": {"S": Status.READY},
                ":parts": {"N": str(len(export.parts))},
            },
        )
        return changed if is_stored else None

    def _put(self, export: Export, **condition: Any) -> bool:
        try:
            self._dynamodb.put_item(TableName=self._table, Item=export.to_item(), **condition)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _remove(self, export: Export) -> None:
        self._dynamodb.delete_item(TableName=self._table, Key=row_key(export.userID))


@cache
def exports() -> Exports:
    """The deployed table and queue."""
    return Exports(
        aws.env("IDEMPOTENCY_TABLE"), aws.env("EXPORTS_QUEUE_URL"), aws.dynamodb(), aws.sqs()
    )
