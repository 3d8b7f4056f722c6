"""The API's side of a function: routes, the caller, and one shape for every error."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import simplejson
from aws_lambda_powertools import Tracer
from aws_lambda_powertools.event_handler import (
    APIGatewayRestResolver,
    CORSConfig,
    Response,
    content_types,
)
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.data_classes.common import DictWrapper

from common import aws
from common.errors import (
    Forbidden,
    InProgress,
    Invalid,
    KeyReused,
    NotFound,
    TooLarge,
    Unauthenticated,
)
from common.observability import logger

tracer = Tracer(auto_patch=False)  # the handlers of routes; batches have `tracing`

# Numbers go out as exactly as they came in, which float would not do.
to_json = partial(simplejson.dumps, use_decimal=True, separators=(",", ":"))


def caller(event: DictWrapper) -> str:
    """The `sub` of the token, which the authorizer has verified. Raises Unauthenticated."""
    return _claims(event)["sub"]


def names(event: DictWrapper) -> set[str]:
    """What the caller may call themselves: the `sub`, and the user name in lower case."""
    claims = _claims(event)
    return {claims["sub"], claims.get("username", claims["sub"]).lower()}


def created(body: dict[str, Any]) -> Response[str]:
    """A 201 with what was made."""
    return Response(201, content_types.APPLICATION_JSON, to_json(body))


def serve(router: Router, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an API event by the router's routes."""
    return _app(router).resolve(event, context)


@cache
def _app(router: Router) -> APIGatewayRestResolver:
    cors = CORSConfig(allow_origin=aws.env("ALLOWED_ORIGIN"))
    app = APIGatewayRestResolver(cors=cors, serializer=to_json)
    app.include_router(router)
    answer = app.exception_handler
    answer(Invalid)(lambda error: _error(400, str(error), error.details))
    answer(Unauthenticated)(lambda error: _error(401, str(error)))
    answer(Forbidden)(lambda error: _error(403, str(error)))
    answer(NotFound)(lambda error: _error(404, str(error)))
    answer(InProgress)(lambda error: _error(409, str(error)))
    answer(TooLarge)(lambda error: _error(413, str(error)))
    answer(KeyReused)(lambda error: _error(422, str(error)))
    answer(NotFoundError)(lambda _: _error(404, "no such route"))
    answer(Exception)(_unexpected)
    return app


def _claims(event: DictWrapper) -> dict[str, str]:
    try:
        claims: dict[str, str] = event["requestContext"]["authorizer"]["claims"]
        claims["sub"]
    except (KeyError, TypeError) as error:  # `sam local start-api` has no authorizer
        raise Unauthenticated("no verified token") from error
    return claims


def _unexpected(_: Exception) -> Response[str]:
    logger.exception("unexpected error")
    return _error(500, "something went wrong here; try again")


def _error(status: int, message: str, details: list[str] | None = None) -> Response[str]:
    body = to_json({"message": message, "details": details or []})
    return Response(status, content_types.APPLICATION_JSON, body)
