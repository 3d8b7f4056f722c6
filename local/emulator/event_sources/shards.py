"""The batches of one shard of a stream: retried, bisected or given up.

Lambda guide, "Configuring partial batch response with DynamoDB and Lambda" and "Retain discarded
records for a DynamoDB event source in Lambda".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile
from typing import Any

from .responses import BatchFailed, failed_items

type Record = dict[str, Any]


class Condition(StrEnum):
    """Why Lambda gives up a batch, in the words of the failure destination."""

    RETRIES = "RetryAttemptsExhausted"
    AGE = "RecordAgeExceeded"


@dataclass(frozen=True)
class Batch:
    """Records for one invocation, and how often an invocation with exactly these has failed.

    `function_error` is the kind of error of the last invocation, if the function raised one.
    `condition` is set for a batch that is given up.
    """

    records: list[Record]
    attempts: int = 0
    function_error: str | None = None
    condition: Condition | None = None


class Shard:
    """What Lambda has read from a shard and not finished: one batch at a time, in order.

    `mapping` contains the settings of the event source mapping, and may change.

    If the first record is reported as failed, Lambda may treat this as a failure of the whole
    batch and bisect it (`halves_on_first`), or as a checkpoint. The guide does not say which.
    """

    def __init__(self, mapping: Mapping[str, Any], *, halves_on_first: bool = True) -> None:
        self._mapping = mapping
        self._halves_on_first = halves_on_first
        self._batches: deque[Batch] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether the next records can be read."""
        return not self._batches

    def add(self, records: list[Record]) -> None:
        """Add a batch of records that were read."""
        self._batches.append(Batch(records))

    def next(self, now: float) -> Batch:
        """Remove and return the batch to invoke the function with, or to give up."""
        batch = self._batches.popleft()
        retries = self._limit("MaximumRetryAttempts")
        if retries is not None and batch.attempts > retries:
            return replace(batch, condition=Condition.RETRIES)
        age = self._limit("MaximumRecordAgeInSeconds")
        if age is None:
            return batch
        old = list(takewhile(lambda record: now - created(record) > age, batch.records))
        if not old:
            return batch
        if young := batch.records[len(old) :]:
            self.put_back(replace(batch, records=young))
        return replace(batch, records=old, condition=Condition.AGE)

    def put_back(self, *batches: Batch) -> None:
        """Continue with these batches, for example with one that could not be sent."""
        self._batches.extendleft(reversed(batches))

    def answered(self, batch: Batch, response: Any) -> None:
        """Continue after the response of a function that has not raised an error."""
        numbers = [sequence_number(record) for record in batch.records]
        try:
            failed = failed_items(self._mapping, response, numbers)
        except BatchFailed:
            self.failed(batch)
            return
        if not failed:
            return
        batch = replace(batch, function_error=None)
        first = min(numbers.index(number) for number in failed)
        if first:
            self.put_back(replace(batch, records=batch.records[first:]))
        elif self._halves_on_first:
            self.failed(batch)
        else:
            self.put_back(replace(batch, attempts=batch.attempts + 1))

    def failed(self, batch: Batch, function_error: str | None = None) -> None:
        """Continue after an invocation that failed as a whole.

        Bisecting does not count as a retry. A single record is retried.
        """
        batch = replace(batch, function_error=function_error)
        middle = len(batch.records) // 2
        if middle and self._mapping.get("BisectBatchOnFunctionError"):
            first, second = batch.records[:middle], batch.records[middle:]
            self.put_back(replace(batch, records=first), replace(batch, records=second))
        else:
            self.put_back(replace(batch, attempts=batch.attempts + 1))

    def _limit(self, name: str) -> int | None:
        """Return a limit of the mapping. The default is -1, no limit."""
        limit: int = self._mapping.get(name, -1)
        return None if limit < 0 else limit


def created(record: Record) -> float:
    """Return when a change was made, in epoch seconds."""
    at: float = record["dynamodb"]["ApproximateCreationDateTime"]
    return at


def sequence_number(record: Record) -> str:
    """Return the number by which a record is reported as failed."""
    number: str = record["dynamodb"]["SequenceNumber"]
    return number
