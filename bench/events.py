"""Events as Lambda passes them to a handler. Each function here takes the batch size."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any


def queue_batch(size: int) -> dict[str, Any]:
    """An SQS event of `size` orders."""
    return {"Records": [_message() for _ in range(size)]}


def stream_batch(size: int) -> dict[str, Any]:
    """A stream event of `size` new orders."""
    return {"Records": [_stream_record(number) for number in range(size)]}


def change_batch(size: int) -> dict[str, Any]:
    """A stream event of `size` orders that the shop has accepted and packed."""
    return {"Records": [_change_record(number) for number in range(size)]}


def list_orders(_: int) -> dict[str, Any]:
    """An API request for the caller's orders."""
    return _sample("orders", "list_orders")


def change_states(size: int) -> dict[str, Any]:
    """An API request of the shop that accepts `size` orders at once."""
    event = _sample("shop_orders", "change_states")
    seen = [{"orderID": str(uuid.uuid4()), "version": 1} for _ in range(size)]
    return event | {"body": json.dumps({"state": "accepted", "orders": seen})}


def _sample(function: str, case: str) -> dict[str, Any]:
    events = Path(__file__).parents[1] / "events"
    event: dict[str, Any] = json.loads((events / function / f"{case}.json").read_text())
    return event


def _message() -> dict[str, Any]:
    def attribute(value: str, kind: str = "String") -> dict[str, Any]:
        return {"stringValue": value, "dataType": kind}

    return {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "handle",
        "body": json.dumps({"item": "latex gloves", "customerID": "12345", "quantity": 2}),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795164650000"},
        "messageAttributes": {
            "orderID": attribute(str(uuid.uuid4())),
            "placedBy": attribute("5f0a1c2e-7d1b-4c8f-9f63-1f0f4b8f2a11"),
            "placedAt": attribute("1795164650000", "Number"),
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders",
        "awsRegion": "us-east-1",
    }


def _stream_record(number: int) -> dict[str, Any]:
    order_id = str(uuid.uuid4())
    return {
        "eventID": uuid.uuid4().hex,
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "SequenceNumber": str(10**20 + number),
            "Keys": {"orderID": {"S": order_id}},
            "NewImage": {
                "orderID": {"S": order_id},
                "order": {"M": {"item": {"S": "latex gloves"}, "quantity": {"N": "2"}}},
                "placedBy": {"S": "5f0a1c2e-7d1b-4c8f-9f63-1f0f4b8f2a11"},
                "placedAt": {"S": "2026-11-20T08:50:49.516Z"},
                "fingerprint": {"S": "0" * 64},
            },
            "StreamViewType": "NEW_IMAGE",
        },
    }


def _change_record(number: int) -> dict[str, Any]:
    record = _stream_record(number)
    record["eventName"] = "MODIFY"
    record["dynamodb"]["NewImage"] |= {
        "state": {"S": "packed"},
        "version": {"N": "3"},
        "lastWrite": {"S": "transition"},
        "history": {"L": [_history_entry(state) for state in ("accepted", "packed")]},
    }
    return record


def _history_entry(state: str) -> dict[str, Any]:
    fields = {
        "state": state,
        "at": "2026-11-20T09:12:31.204Z",
        "by": "staff",
        "byID": "0b9c1d2e-3f40-4a51-8b62-7c73d84e95f6",
        "key": "0f" * 8,
    }
    return {"M": {name: {"S": value} for name, value in fields.items()}}
