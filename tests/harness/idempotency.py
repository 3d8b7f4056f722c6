"""Requests that a client may repeat, because they have a key."""

from __future__ import annotations

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
