"""Requests that a client can safely repeat, thanks to the `Idempotency-Key` header it sends."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyValidationError,
)

from common import aws
from common.api import routes
from common.api.errors import InProgress, Invalid, KeyReused
from common.observability import logger

MAX_KEY_LENGTH = 255

_MAX_WAIT_SECONDS = 4.0
_POLL_SECONDS = 0.1


def run_once(
    router: Router,
    content: Any,
    action: Callable[[], dict[str, Any]],
    kept_seconds: int = 24 * 3600,
) -> dict[str, Any]:
    """The result of `action`, or its earlier result if the client repeats a request.

    A repeated request has the same caller, route and Idempotency-Key as an earlier one. If its
    content differs, this raises KeyReused. If the first request is still running, the repeated
    one waits for the result, and raises InProgress after a few seconds. A request without the
    header always runs `action`. Results are kept for `kept_seconds`.
    """
    event = router.current_event
    headers = event["headers"] or {}
    key = {name.lower(): value for name, value in headers.items()}.get("idempotency-key")
    if key is None:
        return action()
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise Invalid(
            "invalid Idempotency-Key", [f"Idempotency-Key: 1 to {MAX_KEY_LENGTH} characters"]
        )

    persistence, config = _persistence(kept_seconds)
    # Powertools then knows when an earlier request that died has timed out.
    config.register_lambda_context(router.lambda_context)

    # The key starts with the service's name, so that IAM can limit a function to its own keys, and
    # with the caller, so that an erasure finds the records of a user.
    @idempotent_function(  # type: ignore[untyped-decorator]
        data_keyword_argument="request",
        persistence_store=persistence,
        config=config,
        key_prefix=f"{logger.service}#{routes.caller(event)}",
    )
    def run(*, request: Any) -> dict[str, Any]:  # noqa: ARG001  # Powertools reads it
        return action()

    route = f"{event['httpMethod']} {event['path']}"
    request = {"identity": [routes.caller(event), route, key], "content": content}
    deadline = time.monotonic() + _MAX_WAIT_SECONDS
    while True:
        try:
            result: dict[str, Any] = run(request=request)
        except IdempotencyValidationError as error:
            raise KeyReused("this Idempotency-Key was used for a different request") from error
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            if time.monotonic() > deadline:
                raise InProgress("the first request is still running; try again") from error
            time.sleep(_POLL_SECONDS)
        else:
            return result


@cache
def _persistence(kept_seconds: int) -> tuple[DynamoDBPersistenceLayer, IdempotencyConfig]:
    """Powertools' store in the deployed table, and its configuration."""
    config = IdempotencyConfig(
        event_key_jmespath="identity",
        payload_validation_jmespath="content",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=kept_seconds,
        hash_function="sha256",
    )
    table = aws.env("IDEMPOTENCY_TABLE")
    return DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.dynamodb()), config
