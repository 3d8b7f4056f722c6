"""Failed batches in S3: stream batches that Lambda stopped retrying, an object each.

An object says what failed and why, and contains the whole event as `payload` (Lambda Developer
Guide, "Retain discarded records for a DynamoDB event source in Lambda").
"""

from __future__ import annotations

import json
from typing import Any

PREFIX = "aws/lambda/"
"""The beginning of the keys of these objects."""


def records(failure: dict[str, Any]) -> list[dict[str, Any]]:
    """The stream records of an object. The payload is the event, as an object or as JSON text."""
    payload = failure["payload"]
    event = json.loads(payload) if isinstance(payload, str) else payload
    found: list[dict[str, Any]] = event["Records"]
    return found


def with_records(failure: dict[str, Any], kept: list[dict[str, Any]]) -> bytes:
    """The content of the object with only these records."""
    return json.dumps({**failure, "payload": {"Records": kept}}).encode()
