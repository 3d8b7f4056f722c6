"""Changes to the emulator's queue mappings: batching windows, and what counts as a failure.

The emulator has no batching window, so a batch never has more than the ten messages of one
request. It takes a response that it cannot read as a success. After an error it stops polling for
a second, although the failed messages are hidden anyway.

Upstream: yes, without the shorter window. There, the poller would pass on the mapping itself.
"""

import time
from dataclasses import dataclass
from typing import Any

from event_sources.responses import BatchFailed, failed_items
from event_sources.windows import fitting, seconds_left
from laptop_times import wake_after, with_shorter_window
from ministack.services import lambda_svc, sqs

type Message = dict[str, Any]

_sqs_esm_concurrency = lambda_svc._sqs_esm_concurrency
_receive_messages_for_esm = sqs._receive_messages_for_esm


@dataclass
class Collected:
    """The messages that a mapping has received for its next batch."""

    messages: list[Message]
    since: float
    """When the batching window was opened, by a monotonic clock."""


_collected: dict[str, Collected] = {}
_polled: dict[str, Any] = {}
"""The mapping that the poller, a single thread, looks at."""


def sqs_esm_concurrency(mapping: dict[str, Any], *args: Any) -> int:
    """Return the limit of a mapping. The poller asks for it before it receives messages."""
    global _polled
    _polled = mapping
    limit: int = _sqs_esm_concurrency(mapping, *args)
    return limit


def receive_messages_for_esm(queue: str, size: int) -> list[Message]:
    """Return a batch if it is full, or its window has ended. Its messages are hidden until then."""
    uuid, now = _polled["UUID"], time.monotonic()
    collected = _collected.get(uuid, Collected([], now))
    # A message whose visibility timeout has ended meanwhile is received again.
    messages = [each for each in collected.messages if each["visible_at"] > time.time()]
    while received := _receive_messages_for_esm(queue, size - len(messages)):
        messages += received
        if len(messages) >= size:
            break
    if not messages:
        return []
    left = seconds_left(with_shorter_window(_polled), len(messages), collected.since, now)
    count = fitting([message["body"] for message in messages])
    if left and count == len(messages):
        if uuid not in _collected:
            wake_after(left)
        _collected[uuid] = Collected(messages, collected.since)
        return []
    batch, rest = messages[:count], messages[count:]
    if rest:
        _collected[uuid] = Collected(rest, now)
    else:
        _collected.pop(uuid, None)
    return batch


def run_sqs_batch(
    mapping: dict[str, Any],
    function: dict[str, Any],
    event: dict[str, Any],
    batch: list[Message],
    queue: str,
    name: str,
) -> None:
    """Invoke the function, and delete the messages that it or the filter has finished."""
    result = lambda_svc._execute_function(function, event)
    sent = {record["messageId"] for record in event["Records"]}
    failed = sent
    if not result.get("error"):
        try:
            failed = failed_items(mapping, result.get("body"), sent)
        except BatchFailed:
            lambda_svc.logger.warning("ESM: the response of %s is invalid", name)
    done = {message["receipt_handle"] for message in batch if message["id"] not in failed}
    sqs._delete_messages_for_esm(queue, done)
    mapping["LastProcessingResult"] = "PROBLEM: function error" if failed else "OK"
    lambda_svc.logger.info(
        "ESM: Lambda %s processed %d messages from %s, %d failed\n%s",
        *(mapping["FunctionName"], len(sent), name, len(failed), result.get("log", "")),
    )


lambda_svc._sqs_esm_concurrency = sqs_esm_concurrency
lambda_svc._run_sqs_batch = run_sqs_batch
sqs._receive_messages_for_esm = receive_messages_for_esm
