"""Requests that a client may repeat, because they have a key."""

from __future__ import annotations

from local.api_user import ApiResponse, ApiUser, request


def post(shopper: ApiUser, path: str, body: object, key: str) -> ApiResponse:
    """Send a POST request with an `Idempotency-Key`."""
    headers = {"Authorization": shopper.access_token, "Idempotency-Key": key}
    return request("POST", shopper.api + path, body, headers)
