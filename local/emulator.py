"""Run ministack with the gaps closed that would otherwise bend the template.

It runs in the emulator's own environment, not in the project's.
"""

import threading
import time

import emulator_cognito  # noqa: F401  (what it mends, it mends at import)
import emulator_live  # noqa: F401  (what it mends, it mends at import)
from ministack.core import iam_actions
from ministack.core.concurrency import esm_wake
from ministack.services import dynamodb

# SNS has no action of its own for PublishBatch: IAM grants it by sns:Publish
# (Service Authorization Reference, "Actions defined by Amazon SNS").
GRANTED_BY = {"sns:PublishBatch": "sns:Publish"}

# A stream's batch waits for more records, as MaximumBatchingWindowInSeconds has it on AWS,
# where it is 2 s. Nobody wants to wait that long on a laptop, and without any window a rush
# would be as many batches, and emails, as the machine is fast.
BATCHING_WINDOW_SECONDS = 0.2

_action = iam_actions.extract_iam_action
_records_since = dynamodb.stream_records_since
_waiting_since: dict[tuple[str, int], float] = {}


def extract_iam_action(*args: object, **kwargs: object) -> str | None:
    action = _action(*args, **kwargs)
    return GRANTED_BY.get(action, action)


def stream_records_since(table: str, position: int, limit: int, **scope: object) -> list[dict]:
    records = _records_since(table, position, limit, **scope)
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


iam_actions.extract_iam_action = extract_iam_action
dynamodb.stream_records_since = stream_records_since

from ministack.app import main  # noqa: E402  (it takes the functions at import)

main()
