"""What Lambda writes to a failure destination about a stream batch that it has given up.

Lambda guide, "Retain discarded records for a DynamoDB event source in Lambda".
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from .shards import Batch, Record, created, sequence_number


def invocation_record(
    batch: Batch, *, function: str, stream: str, shard: str, now: float
) -> dict[str, Any]:
    """Return the metadata of a batch, which queues and topics receive, without the records.

    `function` and `stream` are ARNs.
    """
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
    if batch.function_error:
        response["functionError"] = batch.function_error
    first, last = batch.records[0], batch.records[-1]
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": function,
            "condition": batch.condition,
            "approximateInvokeCount": batch.attempts,
        },
        **({"responseContext": response} if batch.attempts else {}),
        "version": "1.0",
        "timestamp": _timestamp(now, "milliseconds"),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": sequence_number(first),
            "endSequenceNumber": sequence_number(last),
            "approximateArrivalOfFirstRecord": _timestamp(created(first), "seconds"),
            "approximateArrivalOfLastRecord": _timestamp(created(last), "seconds"),
            "batchSize": len(batch.records),
            "streamArn": stream,
        },
    }


def with_payload(record: dict[str, Any], records: list[Record]) -> dict[str, Any]:
    """Return what a bucket receives: the whole event as JSON text, too."""
    return record | {"payload": json.dumps({"Records": records})}


def object_key(mapping: str, shard: str, now: float) -> str:
    """Return the key of the object in a bucket, for the UUID of an event source mapping."""
    at = datetime.fromtimestamp(now, UTC)
    return f"aws/lambda/{mapping}/{shard}/{at:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _timestamp(at: float, precision: str) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
