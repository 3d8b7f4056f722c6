"""The header `Idempotency-Key`, by which a client marks a request that it may repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.api.errors import Invalid

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.common import DictWrapper

MAX_KEY_LENGTH = 255


def key_of(event: DictWrapper) -> str | None:
    """The key of an API request, or None without the header. Raises Invalid."""
    headers = event["headers"] or {}
    key: str | None = {name.lower(): each for name, each in headers.items()}.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise Invalid(
            "invalid Idempotency-Key", [f"Idempotency-Key: 1 to {MAX_KEY_LENGTH} characters"]
        )
    return key
