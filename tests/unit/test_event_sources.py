"""The rules of event source mappings, which the emulator and the simulator share.

Source: Lambda guide, "Configuring partial batch response with DynamoDB and Lambda", "Retain
discarded records for a DynamoDB event source in Lambda", "Handling errors for an SQS event source".
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from common import failed_batches
from local.emulator.event_sources.failure_destination import (
    invocation_record,
    object_key,
    with_payload,
)
from local.emulator.event_sources.responses import BatchFailed, failed_items
from local.emulator.event_sources.shards import Batch, Condition, Shard
from local.emulator.event_sources.windows import PAYLOAD_BYTES, fitting, seconds_left

REPORTS: dict[str, Any] = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
BISECTS = {"BisectBatchOnFunctionError": True}
NOW = 1_772_366_400.0


def records(*numbers: int, at: float = NOW) -> list[dict[str, Any]]:
    """Return records with these sequence numbers."""
    return [
        {"dynamodb": {"SequenceNumber": str(number), "ApproximateCreationDateTime": at}}
        for number in numbers
    ]


def numbers(batch: Batch) -> list[int]:
    return [int(record["dynamodb"]["SequenceNumber"]) for record in batch.records]


def failures(*identifiers: str | int | None) -> dict[str, Any]:
    """Return a partial batch response."""
    return {"batchItemFailures": [{"itemIdentifier": one} for one in identifiers]}


def shard_with(batch: list[dict[str, Any]], **mapping: Any) -> Shard:
    shard = Shard(mapping)
    shard.add(batch)
    return shard


def left(shard: Shard, now: float = NOW) -> list[Batch]:
    """Return the batches that remain, in order."""
    found = []
    while not shard.is_idle:
        found.append(shard.next(now))
    return found


@pytest.mark.parametrize("response", [None, {}, "", {"batchItemFailures": None}, failures()])
def test_these_responses_are_a_success(response: Any) -> None:
    assert failed_items(REPORTS, response, ["a", "b"]) == set()


@pytest.mark.parametrize(
    "response",
    [
        failures(""),
        failures(None),
        failures("unknown"),
        failures("a", "unknown"),
        {"batchItemFailures": [{"identifier": "a"}]},
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": 1},
        "no JSON object",
    ],
)
def test_these_responses_are_a_failure_of_the_whole_batch(response: Any) -> None:
    with pytest.raises(BatchFailed):
        failed_items(REPORTS, response, ["a", "b"])


def test_a_mapping_without_partial_responses_ignores_them() -> None:
    assert failed_items({}, failures("a"), ["a", "b"]) == set()


def test_a_batch_waits_until_it_is_full_or_its_window_has_ended() -> None:
    mapping = {"BatchSize": 3, "MaximumBatchingWindowInSeconds": 5}

    waits = [
        seconds_left(mapping, count, opened=NOW, now=NOW + passed)
        for count, passed in [(1, 0), (2, 4), (2, 5), (3, 0)]
    ]

    assert waits == [5, 1, 0, 0]


def test_a_mapping_without_a_window_does_not_wait() -> None:
    assert seconds_left({"BatchSize": 3}, 1, opened=NOW, now=NOW) == 0


def test_an_event_is_not_larger_than_an_invocation_may_be() -> None:
    half = {"text": "x" * (PAYLOAD_BYTES // 2)}

    assert fitting([half, half, half]) == 1
    assert fitting([{"text": "x" * PAYLOAD_BYTES}]) == 1
    assert fitting([{}, {}]) == 2


def test_the_lowest_reported_number_is_the_checkpoint() -> None:
    shard = shard_with(records(1, 2, 3, 4), **REPORTS, **BISECTS)

    shard.answered(shard.next(NOW), failures("4", "2"))

    assert [(numbers(one), one.attempts) for one in left(shard)] == [([2, 3, 4], 0)]


def test_a_failed_batch_is_bisected_which_does_not_count_as_a_retry() -> None:
    shard = shard_with(records(1, 2, 3), **BISECTS)

    shard.failed(shard.next(NOW), "Unhandled")

    assert [(numbers(one), one.attempts) for one in left(shard)] == [([1], 0), ([2, 3], 0)]


def test_a_failed_batch_without_bisecting_is_retried_whole() -> None:
    shard = shard_with(records(1, 2, 3))

    shard.failed(shard.next(NOW))

    assert [(numbers(one), one.attempts) for one in left(shard)] == [([1, 2, 3], 1)]


def test_an_invalid_response_is_handled_like_an_error() -> None:
    shard = shard_with(records(1, 2), **REPORTS, **BISECTS)

    shard.answered(shard.next(NOW), failures("unknown"))

    assert [numbers(one) for one in left(shard)] == [[1], [2]]


@pytest.mark.parametrize(("retries", "attempts"), [(0, 1), (2, 3)])
def test_a_batch_is_given_up_after_its_last_retry(retries: int, attempts: int) -> None:
    shard = shard_with(records(1), MaximumRetryAttempts=retries)

    for _ in range(attempts):
        batch = shard.next(NOW)
        assert batch.condition is None
        shard.failed(batch, "Unhandled")
    [given_up] = left(shard)

    assert (given_up.condition, given_up.attempts) == (Condition.RETRIES, attempts)


def test_retries_and_age_have_no_limit_by_default() -> None:
    shard = shard_with(records(1), MaximumRetryAttempts=-1, MaximumRecordAgeInSeconds=-1)

    for _ in range(100):
        shard.failed(shard.next(NOW + 1_000_000))

    assert [one.condition for one in left(shard)] == [None]


def test_only_the_records_that_are_too_old_are_given_up() -> None:
    old, young = records(1, 2, at=NOW - 61), records(3, at=NOW)
    shard = shard_with(old + young, MaximumRecordAgeInSeconds=60)

    found = left(shard)

    assert [(numbers(one), one.condition) for one in found] == [
        ([1, 2], Condition.AGE),
        ([3], None),
    ]


def test_the_limits_may_change_while_a_batch_fails() -> None:
    mapping = {"MaximumRetryAttempts": 10}
    shard = Shard(mapping)
    shard.add(records(1))
    shard.failed(shard.next(NOW))

    mapping["MaximumRetryAttempts"] = 0

    assert [one.condition for one in left(shard)] == [Condition.RETRIES]


def record_of(batch: Batch) -> dict[str, Any]:
    return invocation_record(batch, function="function", stream="stream", shard="shard", now=NOW)


def test_the_destination_receives_the_documented_fields() -> None:
    batch = Batch(records(7, 8), 3, "Unhandled", Condition.RETRIES)

    record = with_payload(record_of(batch), batch.records)

    del record["requestContext"]["requestId"]
    assert json.loads(json.dumps(record)) == {
        "requestContext": {
            "functionArn": "function",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": "2026-03-01T12:00:00.000Z",
        "DDBStreamBatchInfo": {
            "shardId": "shard",
            "startSequenceNumber": "7",
            "endSequenceNumber": "8",
            "approximateArrivalOfFirstRecord": "2026-03-01T12:00:00Z",
            "approximateArrivalOfLastRecord": "2026-03-01T12:00:00Z",
            "batchSize": 2,
            "streamArn": "stream",
        },
        "payload": json.dumps({"Records": batch.records}),
    }
    assert failed_batches.records(record) == batch.records


def test_a_partial_failure_has_no_function_error() -> None:
    shard = shard_with(records(1), **REPORTS, MaximumRetryAttempts=0)
    shard.answered(shard.next(NOW), failures("1"))
    [given_up] = left(shard)

    assert "functionError" not in record_of(given_up)["responseContext"]


def test_the_key_of_an_object_contains_mapping_shard_and_time() -> None:
    key = object_key("uuid", "shard", NOW)

    assert key.startswith(failed_batches.PREFIX)
    assert re.fullmatch(
        r"aws/lambda/uuid/shard/2026/03/01/2026-03-01T12\.00\.00-[0-9a-f-]{36}", key
    )
