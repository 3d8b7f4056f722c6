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

from common import aws, http
from common.errors import InProgress, Invalid, KeyReused

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
    key = {name.lower(): value for name, value in event["headers"].items()}.get("idempotency-key")
    if key is None:
        return act()
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise Invalid("Idempotency-Key is wrong", [f"1 to {MAX_KEY_LENGTH} characters"])

    config = _config(kept_seconds)
    config.register_lambda_context(router.lambda_context)  # when a request that died is over

    # The service's name leads, so that a function may be granted its own keys alone.
    @idempotent_function(
        data_keyword_argument="request",
        persistence_store=_records(kept_seconds),
        config=config,
        key_prefix=aws.env("POWERTOOLS_SERVICE_NAME"),
    )
    def act_once(*, request: Any) -> Answer:
        return act()

    route = f"{event['httpMethod']} {event['path']}"
    request = {"identity": [http.caller(event), route, key], "content": content}
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
def _config(kept_seconds: int) -> IdempotencyConfig:
    return IdempotencyConfig(
        event_key_jmespath="identity",
        payload_validation_jmespath="content",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=kept_seconds,
        hash_function="sha256",
    )


@cache
def _records(kept_seconds: int) -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(
        table_name=aws.env("IDEMPOTENCY_TABLE"), boto3_client=aws.dynamodb()
    )
