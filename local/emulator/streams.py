"""A change to the emulator's event source mappings: the batch window of streams."""

import threading
import time

from ministack.core.concurrency import esm_wake
from ministack.services import dynamodb

# A stream's batch waits for more records, as with MaximumBatchingWindowInSeconds on AWS. The
# template's 2 s are too long for a laptop. Without a window, the number of batches and emails
# in a rush would depend on the speed of the machine.
BATCHING_WINDOW_SECONDS = 0.2

_stream_records_since = dynamodb.stream_records_since
_waiting_since: dict[tuple[str, int], float] = {}


def stream_records_since(table: str, position: int, limit: int, **scope: object) -> list[dict]:
    records = _stream_records_since(table, position, limit, **scope)
    # Only event source mappings call this without a scope.
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
