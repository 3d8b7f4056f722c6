"""The API's side of a function: routes, the caller, and one shape for every error."""

from __future__ import annotations

import re
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
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent, DictWrapper

from common import aws
from common.api.errors import (
    Conflict,
    Forbidden,
    InProgress,
    Invalid,
    KeyReused,
    NotFound,
    StorefrontError,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from common.observability import logger

tracer = Tracer(auto_patch=False)  # the handlers of routes; batches have `tracing`

# Numbers go out as exactly as they came in, which float would not do.
to_json = partial(simplejson.dumps, use_decimal=True, separators=(",", ":"))


_GROUP = re.compile(r"[^\[\],\s]+")  # `a,b` of a REST API, `[a b]` of others and the emulator

_STATUS: dict[type[StorefrontError], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    InProgress: 409,
    TooLarge: 413,
    KeyReused: 422,
    TooManyRequests: 429,
    Unavailable: 503,
}


def claims(event: DictWrapper) -> dict[str, str]:
    """What the verified token says of the caller.

    API Gateway's own authorizer hands over `claims`, a function's answers stand by themselves.
    """
    authorizer = event["requestContext"].get("authorizer") or {}
    verified: dict[str, str] = authorizer.get("claims", authorizer)
    if "sub" not in verified:  # `sam local start-api` has no authorizer
        raise Unauthenticated("no verified token")
    return verified


def caller(event: DictWrapper) -> str:
    """The `sub` of the caller."""
    return claims(event)["sub"]


def username(event: DictWrapper) -> str:
    """The name that the caller goes by: the `sub` where the token says none."""
    return claims(event).get("username", caller(event))


def names(event: DictWrapper) -> set[str]:
    """What the caller may call themselves: the `sub`, and the user name in lower case."""
    return {caller(event), username(event).lower()}


def groups(event: DictWrapper) -> list[str]:
    """The groups that the caller belongs to."""
    named = claims(event).get("cognito:groups") or claims(event).get("groups") or ""
    return _GROUP.findall(named)


def token(event: BaseProxyEvent) -> str:
    """The token of the Authorization header, with or without `Bearer`. Raises Unauthenticated."""
    header = event.headers.get("Authorization") or ""
    _, _, bearer = header.rpartition(" ")
    if not bearer:
        raise Unauthenticated("no token")
    return bearer


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
    answer(StorefrontError)(_known)
    answer(NotFoundError)(lambda _: _error(404, "no such route"))
    answer(Exception)(_unexpected)
    return app


def _known(error: StorefrontError) -> Response[str]:
    status = _STATUS[type(error)]
    if status >= 500:
        logger.error(str(error), exc_info=error)  # nobody else tells the shop
    return _error(status, str(error), error.details)


def _unexpected(_: Exception) -> Response[str]:
    logger.exception("unexpected error")
    return _error(500, "something went wrong here; try again")


def _error(status: int, message: str, details: list[str] | None = None) -> Response[str]:
    body = to_json({"message": message, "details": details or []})
    return Response(status, content_types.APPLICATION_JSON, body)
