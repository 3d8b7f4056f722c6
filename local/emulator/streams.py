"""The gap of the emulator's event source mappings, closed: the batch window of streams."""

import threading
import time

from ministack.core.concurrency import esm_wake
from ministack.services import dynamodb

# A stream's batch waits for more records, as MaximumBatchingWindowInSeconds has it on AWS,
# where it is 2 s. Nobody wants to wait that long on a laptop, and without any window a rush
# would be as many batches, and emails, as the machine is fast.
BATCHING_WINDOW_SECONDS = 0.2

_stream_records_since = dynamodb.stream_records_since
_waiting_since: dict[tuple[str, int], float] = {}


def stream_records_since(table: str, position: int, limit: int, **scope: object) -> list[dict]:
    records = _stream_records_since(table, position, limit, **scope)
    # Only event source mappings ask without a scope.
    if scope or not records or len(records) == limit:
        return records
    now = time.monotonic()
    batch = (table, position)
    if batch not in _waiting_since:
        _waiting_since[batch] = now
        threading.Timer(BATCHING_WINDOW_SECONDS, esm_wake.set).start()
    if now - _waiting_since[batch] < BATCHING_WINDOW_SECONDS:
        return []
    del _waiting_since[batch]
    return records


dynamodb.stream_records_since = stream_records_since
