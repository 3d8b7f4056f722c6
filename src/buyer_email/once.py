"""An event that SNS or SQS delivers again causes no second email."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from common import aws

_PREFIX = "buyer_email"
_KEPT_SECONDS = 14 * 24 * 3600  # as long as a dead letter can be replayed


def once_per_event(event: dict[str, Any], context: LambdaContext, do: Callable[[], None]) -> None:
    """Call `do` unless it has succeeded for this event before.

    Raises an error of Powertools if another invocation is doing it at this moment, or if the table
    cannot be used. If an invocation dies before it can note its success, a later one does it again.
    """
    persistence, config = _persistence()
    config.register_lambda_context(context)

    # The key contains the buyer, so that an erasure finds the record.
    @idempotent_function(  # type: ignore[untyped-decorator]
        data_keyword_argument="event",
        persistence_store=persistence,
        config=config,
        key_prefix=f"{_PREFIX}#{event['data']['placedBy']}",
    )
    def run(*, event: dict[str, Any]) -> None:  # noqa: ARG001  # Powertools reads it
        do()

    run(event=event)


@cache
def _persistence() -> tuple[DynamoDBPersistenceLayer, IdempotencyConfig]:
    """Powertools' store in the deployed table, and its configuration."""
    config = IdempotencyConfig(
        event_key_jmespath="eventID",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=_KEPT_SECONDS,
        hash_function="sha256",
    )
    table = aws.env("IDEMPOTENCY_TABLE")
    return DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.dynamodb()), config
