"""Requests that a client may repeat, by the `Idempotency-Key` header that it sends."""

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

_PATIENCE_SECONDS = 4.0
_PAUSE_SECONDS = 0.1

Answer = dict[str, Any]


def once(
    router: Router, content: Any, act: Callable[[], Answer], kept_seconds: int = 24 * 3600
) -> Answer:
    """What `act` answers, and what it answered before where the client repeats itself.

    A repetition has the caller, the route and the Idempotency-Key of an earlier request. With
    other content it raises KeyReused. One that comes while the first is under way waits for
    its answer, and raises InProgress if that takes long. Without the header nothing is merged.
    """
    event = router.current_event
    headers = event["headers"] or {}
    key = {name.lower(): value for name, value in headers.items()}.get("idempotency-key")
    if key is None:
        return act()
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise Invalid("Idempotency-Key is wrong", [f"1 to {MAX_KEY_LENGTH} characters"])

    persistence, config = records(kept_seconds)
    config.register_lambda_context(router.lambda_context)  # when a request that died is over

    # The service's name leads, so that a function may be granted its own keys alone.
    @idempotent_function(  # type: ignore[untyped-decorator]
        data_keyword_argument="request",
        persistence_store=persistence,
        config=config,
        key_prefix=logger.service,
    )
    def act_once(*, request: Any) -> Answer:  # noqa: ARG001  # Powertools reads it
        return act()

    route = f"{event['httpMethod']} {event['path']}"
    request = {"identity": [routes.caller(event), route, key], "content": content}
    patience = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            answer: Answer = act_once(request=request)
        except IdempotencyValidationError as error:
            raise KeyReused("this Idempotency-Key stands for another request") from error
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            if time.monotonic() > patience:
                raise InProgress("the first request is still under way; repeat it") from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return answer


@cache
def records(kept_seconds: int) -> tuple[DynamoDBPersistenceLayer, IdempotencyConfig]:
    """Powertools' records in the deployed table, and how it reads requests."""
    config = IdempotencyConfig(
        event_key_jmespath="identity",
        payload_validation_jmespath="content",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=kept_seconds,
        hash_function="sha256",
    )
    table = aws.env("IDEMPOTENCY_TABLE")
    return DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.dynamodb()), config
