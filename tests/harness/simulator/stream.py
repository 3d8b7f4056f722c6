"""DynamoDB streams, and Lambda's event source mapping for a stream.

Lambda guide, "Configuring partial batch response with DynamoDB" and "Retain discarded records
for a DynamoDB event source".
"""

from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.harness.simulator.faults import Clock, Killed

Record = dict[str, Any]

_RETENTION = 24 * 3600  # seconds that a record stays on the stream
_REQUEST_BYTES = 6_000_000  # the maximum of an invocation (Lambda quotas)


@dataclass
class Batch:
    """A batch of records, and the number of attempts with exactly these records."""

    records: list[Record]
    retries: int = 0


class Stream:
    """The stream of a table. Records are in order within each shard."""

    def __init__(self, clock: Clock, shards: int) -> None:
        self._clock = clock
        self._sequence = count(1)
        self.shards: list[deque[Record]] = [deque() for _ in range(shards)]

    def add(self, name: str, item: dict[str, Any]) -> None:
        """Add the record of a change. The partition key determines the shard."""
        number = next(self._sequence)
        record = {
            "eventID": f"{number:032x}",
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": self._clock.now,
                "Keys": {"orderID": item["orderID"]},
                **({} if name == "REMOVE" else {"NewImage": item}),
                "SequenceNumber": f"{number:021d}",
                "SizeBytes": len(json.dumps(item)),
                "StreamViewType": "NEW_IMAGE",
            },
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/OrdersTable/stream/1",
        }
        shard = zlib.crc32(item["orderID"]["S"].encode()) % len(self.shards)
        self.shards[shard].append(record)


class StreamMapping:
    """Lambda's readers: one per shard, one batch at a time, in order."""

    def __init__(
        self,
        clock: Clock,
        stream: Stream,
        mapping: dict[str, Any],
        invoke: Callable[[dict[str, Any]], dict[str, Any]],
        *,
        halves_on_first: bool = True,
    ) -> None:
        assert mapping["BisectBatchOnFunctionError"]
        assert "ReportBatchItemFailures" in mapping["FunctionResponseTypes"]
        self._clock = clock
        self._stream = stream
        self._mapping = mapping
        self._invoke = invoke
        # If the first record is reported as failed, Lambda may treat this as a failure of the
        # whole batch and bisect it, or as a checkpoint. The guide does not say which.
        self._halves_on_first = halves_on_first
        filters = mapping.get("FilterCriteria", {"Filters": [{"Pattern": "{}"}]})
        self._patterns = [json.loads(one["Pattern"]) for one in filters["Filters"]]
        self._under_way: list[deque[Batch]] = [deque() for _ in stream.shards]
        self.destination: list[dict[str, Any]] = []
        """The objects in the failure destination, in the format for S3."""

    def ready(self, shard: int) -> bool:
        """Return whether Lambda would invoke now: for a retry, a full batch or an ended window."""
        waiting = self._stream.shards[shard]
        if self._under_way[shard] or len(waiting) >= self._mapping["BatchSize"]:
            return True
        window: int = self._mapping["MaximumBatchingWindowInSeconds"]
        return bool(waiting) and self._age(waiting[0]) >= window

    def poll(self, shard: int, most: int = 10_000) -> bool:
        """Process the shard's next batch once. Returns False if there is none."""
        batches = self._under_way[shard]
        if not batches:
            records = self._read(shard, most)
            if not records:
                return False
            batches.append(Batch(records))
        batch = batches.popleft()
        if not self._discards(batch):
            batches.extendleft(reversed(self._try(batch)))
        return True

    def _read(self, shard: int, most: int) -> list[Record]:
        waiting = self._stream.shards[shard]
        records: list[Record] = []
        size = 0
        while waiting and len(records) < min(most, self._mapping["BatchSize"]):
            size += len(json.dumps(waiting[0]))
            if records and size > _REQUEST_BYTES:
                break
            record = waiting.popleft()
            expired = self._age(record) > _RETENTION
            if not expired and any(_matches(pattern, record) for pattern in self._patterns):
                records.append(record)
        return records

    def _discards(self, batch: Batch) -> bool:
        """Give up a batch that has no retries left or is too old. Returns whether that happened."""
        if batch.retries > self._mapping["MaximumRetryAttempts"]:
            condition = "RetryAttemptsExhausted"
        elif self._age(batch.records[0]) > self._mapping["MaximumRecordAgeInSeconds"]:
            condition = "RecordAgeExceeded"
        else:
            return False
        first, last = batch.records[0]["dynamodb"], batch.records[-1]["dynamodb"]
        self.destination.append(
            {
                "requestContext": {
                    "condition": condition,
                    "approximateInvokeCount": batch.retries,
                },
                "DDBStreamBatchInfo": {
                    "batchSize": len(batch.records),
                    "startSequenceNumber": first["SequenceNumber"],
                    "endSequenceNumber": last["SequenceNumber"],
                },
                "payload": json.dumps({"Records": batch.records}),
            }
        )
        return True

    def _try(self, batch: Batch) -> list[Batch]:
        """Invoke the function. Returns the batches to retry."""
        records = batch.records
        try:
            response = self._invoke({"Records": records})
        except (Exception, Killed):  # any error of an invocation
            return _halves(batch)
        failed = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        if not failed:
            return []
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        first = numbers.index(min(failed))
        if first:
            return [Batch(records[first:], batch.retries)]
        return _halves(batch) if self._halves_on_first else [Batch(records, batch.retries + 1)]

    def _age(self, record: Record) -> float:
        created: float = record["dynamodb"]["ApproximateCreationDateTime"]
        return self._clock.now - created


def _halves(batch: Batch) -> list[Batch]:
    """Bisect a batch, which does not count as a retry. A single record is retried."""
    middle = len(batch.records) // 2
    if not middle:
        return [Batch(batch.records, batch.retries + 1)]
    return [
        Batch(batch.records[:middle], batch.retries),
        Batch(batch.records[middle:], batch.retries),
    ]


def _matches(pattern: dict[str, Any], record: Any) -> bool:
    """Return whether a record matches a filter. Supports exact values in nested objects only."""
    return all(
        name in record
        and (_matches(want, record[name]) if isinstance(want, dict) else record[name] in want)
        for name, want in pattern.items()
    )
