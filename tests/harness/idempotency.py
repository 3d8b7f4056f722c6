"""Requests that a client may repeat, because they have a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ReadTimeoutError

from common import aws
from local.api_user import ApiResponse, ApiUser, request
from tests.harness import api

GONE = api.ApiResponse(
    410,
    {"message": "what this Idempotency-Key created was deleted; use a new key", "details": []},
)
"""The response of a function if what the earlier request created was deleted."""


def post(api_user: ApiUser, path: str, body: object, key: str) -> ApiResponse:
    """Send a POST request with an `Idempotency-Key`."""
    headers = {"Authorization": api_user.id_token, "Idempotency-Key": key}
    return request("POST", api_user.api + path, body, headers)


@contextmanager
def lost_answers(operation: str, of: str) -> Iterator[None]:
    """DynamoDB does with a table what it is asked for, and the function never hears of it."""
    is_lost = False

    def note(params: dict[str, Any], **_: object) -> None:
        nonlocal is_lost
        is_lost = of in str(params["body"])

    def lose(**_: object) -> None:
        if is_lost:
            raise ReadTimeoutError(endpoint_url="dynamodb")

    events: Any = aws.dynamodb().meta.events
    handlers = {"before-call": note, "after-call": lose}
    for when, handler in handlers.items():
        events.register(f"{when}.dynamodb.{operation}", handler)
    try:
        yield
    finally:
        for when, handler in handlers.items():
            events.unregister(f"{when}.dynamodb.{operation}", handler)
