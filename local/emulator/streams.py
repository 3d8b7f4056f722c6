"""Changes to the emulator's stream mappings: they wait, retry, bisect and give up as Lambda does.

The emulator knows no batching window of streams. It retries a failed batch whole, once a second,
until the batch is too old, and ignores partial batch responses. It runs one function at a time, and
no other mapping while that one takes its time. It sends metadata to a queue or a topic only.

Upstream: yes, without the shorter times.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from event_sources.shards import Batch, Shard
from event_sources.windows import fitting, seconds_left
from failed_batches import send_to_destination
from laptop_times import RETRY_SECONDS, wake_after, with_shorter_window
from ministack.core.arn import parse_arn
from ministack.services import dynamodb, lambda_svc

_release_esm_poll_state = lambda_svc._release_esm_poll_state


@dataclass
class Reader:
    """What a mapping does: the batches under way, and where the next one begins."""

    shard: Shard
    end: int = 0
    """The position in the stream after the records that are under way."""
    waiting_since: float | None = None
    """When the batching window was opened, by a monotonic clock."""
    retry_at: float = 0
    """When the next invocation may start, by the same clock."""


_readers: dict[str, Reader] = {}


def poll_dynamodb_streams() -> bool:
    """Start what the mappings have to do. Returns whether there was anything."""
    started = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        with _scope(account, region):
            started |= _poll(mapping)
    return started


def _poll(mapping: dict[str, Any]) -> bool:
    table = _table(mapping)
    function, _ = lambda_svc._get_func_record_for_qualifier(
        mapping["FunctionName"], mapping.get("Qualifier")
    )
    if not (table and function and mapping.get("Enabled", True)):
        return False
    uuid = mapping["UUID"]
    reader = _readers.setdefault(uuid, Reader(Shard(mapping)))
    if lambda_svc._esm_inflight.get(uuid) or time.monotonic() < reader.retry_at:
        return False
    if reader.shard.is_idle and not _read(mapping, reader, table):
        return False
    lambda_svc._dispatch_esm_batch(uuid, _continue, mapping, function, reader)
    return True


def _table(mapping: dict[str, Any]) -> str | None:
    """The name of the table, if the mapping reads its present stream."""
    source = parse_arn(mapping["EventSourceArn"])
    if source.service != "dynamodb":
        return None
    name, _ = lambda_svc._dynamodb_stream_table_from_arn_spec(source) or (None, None)
    table = dynamodb._tables.get(name)
    return name if table and table.get("LatestStreamArn") == mapping["EventSourceArn"] else None


def _read(mapping: dict[str, Any], reader: Reader, table: str) -> bool:
    """Read a batch if it is full, or its window has ended. Returns whether there is anything."""
    lambda_svc._init_stream_position(
        mapping["UUID"], mapping["EventSourceArn"], mapping["StartingPosition"]
    )
    position = max(_position(mapping), dynamodb.stream_start_position(table))
    waiting = dynamodb.stream_records_since(table, position, mapping["BatchSize"])
    if not waiting:
        return False
    now = time.monotonic()
    if reader.waiting_since is None:
        reader.waiting_since = now
    left = seconds_left(with_shorter_window(mapping), len(waiting), reader.waiting_since, now)
    if left:
        if reader.waiting_since == now:
            wake_after(left)
        return False
    reader.waiting_since = None
    records = waiting[: fitting(waiting)]
    reader.end = position + len(records)
    if matching := lambda_svc._apply_filter_criteria(records, mapping):
        reader.shard.add(matching)
    else:
        _checkpoint(mapping, reader)
    return True


def _continue(mapping: dict[str, Any], function: dict[str, Any], reader: Reader) -> None:
    """Invoke the function with the next batch, or give the batch up."""
    if reader.shard.is_idle:  # the filter has left nothing
        return
    batch = reader.shard.next(time.time())
    if batch.condition:
        send_to_destination(mapping, function, batch)
    else:
        _invoke(mapping, function, reader, batch)
    if reader.shard.is_idle:
        _checkpoint(mapping, reader)


def _invoke(
    mapping: dict[str, Any], function: dict[str, Any], reader: Reader, batch: Batch
) -> None:
    result = lambda_svc._execute_function(function, {"Records": batch.records})
    if result.get("throttle"):
        reader.shard.put_back(batch)
    elif result.get("error"):
        reader.shard.failed(batch, result.get("function_error") or "Unhandled")
    else:
        reader.shard.answered(batch, result.get("body"))
    done = reader.shard.is_idle
    count = len(batch.records)
    mapping["LastProcessingResult"] = f"OK - {count} records" if done else "PROBLEM: function error"
    outcome = "processed" if done else "failed to process"
    lambda_svc.logger.info(
        "ESM: Lambda %s %s %d stream records\n%s",
        *(mapping["FunctionName"], outcome, count, result.get("log", "")),
    )
    if not done:
        reader.retry_at = time.monotonic() + RETRY_SECONDS
        wake_after(RETRY_SECONDS)


def _position(mapping: dict[str, Any]) -> int:
    position: int = lambda_svc._dynamodb_stream_positions[mapping["UUID"]]
    return position


def _checkpoint(mapping: dict[str, Any], reader: Reader) -> None:
    """Record that everything up to the end is done, unless the mapping has been deleted."""
    with lambda_svc._dynamodb_stream_positions_lock:
        if mapping["UUID"] in lambda_svc._dynamodb_stream_positions:
            lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = reader.end


@contextmanager
def _scope(account: str, region: str) -> Iterator[None]:
    """Look at the resources of this account and region."""
    tokens = lambda_svc._request_account_id.set(account), lambda_svc._request_region.set(region)
    try:
        yield
    finally:
        lambda_svc._request_account_id.reset(tokens[0])
        lambda_svc._request_region.reset(tokens[1])


def release_esm_poll_state(uuid: str) -> None:
    """Forget a mapping that is deleted."""
    _readers.pop(uuid, None)
    _release_esm_poll_state(uuid)


lambda_svc._poll_dynamodb_streams = poll_dynamodb_streams
lambda_svc._release_esm_poll_state = release_esm_poll_state
