"""DynamoDB streams, and Lambda's event source mapping for a stream.

What becomes of a batch is decided by the rules that the emulator uses, too.
"""

from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Callable
from itertools import count, islice
from typing import Any

from local.emulator.event_sources.failure_destination import invocation_record, with_payload
from local.emulator.event_sources.shards import Batch, Record, Shard, created
from local.emulator.event_sources.windows import fitting, seconds_left
from tests.harness.simulator.faults import Clock, Killed

_RETENTION = 24 * 3600  # seconds that a record stays on the stream
_STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/OrdersTable/stream/1"


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
            "eventSourceARN": _STREAM,
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
        self._clock = clock
        self._stream = stream
        self._mapping = mapping
        self._invoke = invoke
        filters = mapping.get("FilterCriteria", {"Filters": [{"Pattern": "{}"}]})
        self._patterns = [json.loads(one["Pattern"]) for one in filters["Filters"]]
        self._shards = [Shard(mapping, halves_on_first=halves_on_first) for _ in stream.shards]
        self.destination: list[dict[str, Any]] = []
        """The objects in the failure destination."""

    def ready(self, shard: int) -> bool:
        """Return whether Lambda would invoke now: for a retry, a full batch or an ended window."""
        waiting = self._stream.shards[shard]
        if not self._shards[shard].is_idle:
            return True
        now = self._clock.now
        return bool(waiting) and not seconds_left(
            self._mapping, len(waiting), created(waiting[0]), now
        )

    def poll(self, shard: int, most: int = 10_000) -> bool:
        """Process the shard's next batch once. Returns False if there is none."""
        batches = self._shards[shard]
        if batches.is_idle:
            records = self._read(shard, most)
            if not records:
                return False
            batches.add(records)
        batch = batches.next(self._clock.now)
        if batch.condition:
            self._give_up(batch, shard)
            return True
        try:
            response = self._invoke({"Records": batch.records})
        except (Exception, Killed):  # any error of an invocation
            batches.failed(batch, "Unhandled")
        else:
            batches.answered(batch, response)
        return True

    def _read(self, shard: int, most: int) -> list[Record]:
        waiting = self._stream.shards[shard]
        read = list(islice(waiting, min(most, self._mapping["BatchSize"])))
        records = [waiting.popleft() for _ in range(fitting(read))]
        return [
            record
            for record in records
            if self._clock.now - created(record) <= _RETENTION
            and any(_matches(pattern, record) for pattern in self._patterns)
        ]

    def _give_up(self, batch: Batch, shard: int) -> None:
        record = invocation_record(
            batch,
            function=f"arn:aws:lambda:us-east-1:123456789012:function:{self._mapping['FunctionName']}",
            stream=_STREAM,
            shard=f"shardId-{shard:020d}",
            now=self._clock.now,
        )
        self.destination.append(with_payload(record, batch.records))


def _matches(pattern: dict[str, Any], record: Any) -> bool:
    """Return whether a record matches a filter. Supports exact values in nested objects only."""
    return all(
        name in record
        and (_matches(want, record[name]) if isinstance(want, dict) else record[name] in want)
        for name, want in pattern.items()
    )
