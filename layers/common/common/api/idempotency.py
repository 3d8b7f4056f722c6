"""Requests that a client can safely repeat, thanks to the `Idempotency-Key` header it sends.

The record of a request has the ID of what it created, and not its response: a response would soon
be wrong, and it may contain signed URLs or what users wrote.
"""

from __future__ import annotations

import hashlib
import json
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
from common.api.errors import Gone, InProgress, KeyReused, NotFound
from common.api.idempotency_key import key_of
from common.observability import logger

_KEPT_SECONDS = 24 * 3600
_MAX_WAIT_SECONDS = 4.0
_POLL_SECONDS = 0.1

type Begin = Callable[[Any], None]
"""Notes the ID of what is about to be stored. To be called just before that."""

# Records of version 0.1 contain whole responses. With this in their hash, they are not found.
_RECORD_FORMAT = "ID"


def create_once[Created](
    router: Router,
    content: Any,
    create: Callable[[Begin], Created],
    id_of: Callable[[Created], Any],
    find: Callable[[Any], Created],
) -> Created:
    """What `create` returns, or what it returned before if the client repeats a request.

    A repeated request has the same caller, route and Idempotency-Key as an earlier one. It gets
    what the earlier one created as it is now, by `find` with the result of `id_of`, or Gone if
    `find` raises NotFound. If its content differs, this raises KeyReused. If the first request is
    still running, the repeated one waits for it, and raises InProgress after a few seconds. A
    request without the header always creates.

    A function may die, or lose the answer of DynamoDB, after it has stored something and before the
    record says so. So `create` notes the ID first, and a repeated request looks for it.
    """
    event = router.current_event
    key = key_of(event)
    if key is None:
        return create(lambda _: None)

    route = f"{event['httpMethod']} {event['path']}"
    identity = [_RECORD_FORMAT, routes.caller(event), route, key]
    begun = _Begun(f"{logger.service}#{routes.caller(event)}", identity)
    created: list[Created] = []
    persistence, config = _persistence()
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
    def run(*, request: Any) -> Any:  # noqa: ARG001  # Powertools reads it
        try:
            return id_of(find(begun.get()))
        except NotFound:
            created.append(create(begun.put))
        return id_of(created[0])

    request = {"identity": identity, "content": content}
    deadline = time.monotonic() + _MAX_WAIT_SECONDS
    while True:
        try:
            created_id = run(request=request)
        except IdempotencyValidationError as error:
            raise KeyReused("this Idempotency-Key was used for a different request") from error
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            if time.monotonic() > deadline:
                raise InProgress("the first request is still running; try again") from error
            time.sleep(_POLL_SECONDS)
        else:
            break
    if created:
        return created[0]
    try:
        return find(created_id)
    except NotFound as error:
        raise Gone("what this Idempotency-Key created was deleted; use a new key") from error


class _Begun:
    """The ID that an earlier attempt of a request has noted, in a record of its own."""

    def __init__(self, prefix: str, identity: list[str]) -> None:
        digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
        self._key = {"id": {"S": f"{prefix}#begun#{digest}"}}
        self._table = aws.env("IDEMPOTENCY_TABLE")

    def put(self, created_id: Any) -> None:
        """Note the ID of what is about to be stored."""
        fields = {
            "data": {"S": json.dumps(created_id)},
            "expiration": {"N": str(int(time.time()) + _KEPT_SECONDS)},
        }
        aws.dynamodb().put_item(TableName=self._table, Item=self._key | fields)

    def get(self) -> Any:
        """Return the ID. Raises NotFound if no attempt has noted one."""
        request: Any = {"TableName": self._table, "Key": self._key, "ConsistentRead": True}
        item = aws.dynamodb().get_item(**request).get("Item")
        # DynamoDB deletes expired items within days, not at once.
        if item is None or int(item["expiration"]["N"]) <= time.time():
            raise NotFound("nothing was begun")
        return json.loads(item["data"]["S"])


@cache
def _persistence() -> tuple[DynamoDBPersistenceLayer, IdempotencyConfig]:
    """Powertools' store in the deployed table, and its configuration."""
    config = IdempotencyConfig(
        event_key_jmespath="identity",
        payload_validation_jmespath="content",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=_KEPT_SECONDS,
        hash_function="sha256",
    )
    table = aws.env("IDEMPOTENCY_TABLE")
    return DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.dynamodb()), config
