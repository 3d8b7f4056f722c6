"""SQS messages, in the form and the batches in which a replay sends them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ops.dead_letters.source import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_MESSAGES = 10  # per request, for every batch operation of SQS

# SQS accepts 1 MiB per request now. Some endpoints still enforce the earlier limit.
_MAX_BYTES = 256 * 1024

REASON_ATTRIBUTES = ("deadLetterError", "deadLetterReason")  # set by common.dead_letters


def entry(entry_id: str, message: MessageTypeDef) -> Any:
    """Return the message as it was first sent, without the reason why it failed."""
    attributes = message.get("MessageAttributes", {})
    trace = message["Attributes"].get("AWSTraceHeader")
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}} if trace else {}
    group = message["Attributes"].get("MessageGroupId")
    return {
        "Id": entry_id,
        "MessageBody": message["Body"],
        "MessageAttributes": {k: v for k, v in attributes.items() if k not in REASON_ATTRIBUTES},
        "MessageSystemAttributes": system,
        **({"MessageGroupId": group} if group else {}),
    }


def request_batches(dead_letters: Iterable[DeadLetter]) -> Iterator[list[DeadLetter]]:
    """Split messages into batches that fit into one SQS request."""
    batch: list[DeadLetter] = []
    free = _MAX_BYTES
    for dead_letter in dead_letters:
        # JSON escapes make this an upper bound of the size that SQS counts.
        size = len(json.dumps(entry("", dead_letter.raw), default=repr))
        if batch and (len(batch) == MAX_MESSAGES or size > free):
            yield batch
            batch, free = [], _MAX_BYTES
        batch.append(dead_letter)
        free -= size
    if batch:
        yield batch
