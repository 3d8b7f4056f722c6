"""Serving a function's API routes: the caller, the response, and one shape for every error."""

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
from common.api.errors import ApiError, Unauthenticated
from common.observability import logger

tracer = Tracer(auto_patch=False)
"""Traces the handlers of API functions. Functions that process batches use `tracing` instead."""

# `use_decimal` writes numbers exactly as the client sent them; a float would round them.
to_json = partial(simplejson.dumps, use_decimal=True, separators=(",", ":"))

# A REST API joins the groups as `a,b`; HTTP APIs and the emulator write `[a b]`.
_GROUP = re.compile(r"[^\[\],\s]+")

_AUTHORIZATION = re.compile(r"(?:Bearer )?(\S+)", re.IGNORECASE)


def claims(event: DictWrapper) -> dict[str, str]:
    """The claims of the caller's verified token or signature. Raises Unauthenticated.

    API Gateway's Cognito authorizer nests them under `claims`. The context of a Lambda authorizer
    is not nested. A signature has none, but an identity.
    """
    context = event["requestContext"]
    authorizer = context.get("authorizer") or {}
    verified: dict[str, str] = authorizer.get("claims", authorizer)
    verified = verified or _signer(context.get("identity") or {})
    if "sub" not in verified:  # `sam local start-api` runs without an authorizer
        raise Unauthenticated("no verified token")
    return verified


def _signer(identity: dict[str, Any]) -> dict[str, str]:
    """The principal that signed the request, as claims; empty if nobody did.

    An identity pool gives each of its users an ID, and all of them one role. Other principals have
    a unique ID that IAM never uses again. The name is that of the user or of the role's session.
    """
    principal = identity.get("cognitoIdentityId") or identity.get("user")
    if not principal:
        return {}
    return {"sub": principal, "username": re.split("[:/]", identity["userArn"])[-1]}


def caller(event: DictWrapper) -> str:
    """The caller's `sub`."""
    return claims(event)["sub"]


def username(event: DictWrapper) -> str:
    """The caller's user name, or the `sub` if the token contains no name.

    Cognito's ID tokens have the name as `cognito:username`, its access tokens as `username`.
    """
    verified = claims(event)
    return verified.get("cognito:username") or verified.get("username") or verified["sub"]


def names(event: DictWrapper) -> set[str]:
    """What a client may call the caller: the `sub` and the user name, both in lower case."""
    return {caller(event).lower(), username(event).lower()}


def groups(event: DictWrapper) -> list[str]:
    """The user groups of the caller, for example `staff`."""
    named = claims(event).get("cognito:groups") or claims(event).get("groups") or ""
    return _GROUP.findall(named)


def profile(event: DictWrapper) -> dict[str, Any]:
    """The caller as the verified token describes it: null for what the token does not contain."""
    verified = claims(event)
    is_verified = verified.get("email_verified")
    return {
        "sub": verified["sub"],
        "username": username(event),
        "groups": groups(event),
        "email": verified.get("email"),
        "emailVerified": None if is_verified is None else is_verified == "true",
    }


def token(event: BaseProxyEvent) -> str:
    """The token of the Authorization header, alone or after `Bearer`. Raises Unauthenticated."""
    header = _AUTHORIZATION.fullmatch(event.headers.get("Authorization") or "")
    if header is None:
        raise Unauthenticated("no token")
    return header[1]


def created(body: dict[str, Any]) -> Response[str]:
    """A 201 response with this body."""
    return Response(201, content_types.APPLICATION_JSON, to_json(body))


def serve(router: Router, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The response of the router's routes to an API event."""
    return _app(router).resolve(event, context)


@cache
def _app(router: Router) -> APIGatewayRestResolver:
    cors = CORSConfig(allow_origin=aws.env("ALLOWED_ORIGIN"), expose_headers=["Retry-After"])
    app = APIGatewayRestResolver(cors=cors, serializer=to_json)
    app.include_router(router)
    app.exception_handler(ApiError)(_api_error)
    app.exception_handler(NotFoundError)(lambda _: _error(404, "no such route"))
    app.exception_handler(Exception)(_unexpected)
    return app


def _api_error(error: ApiError) -> Response[str]:
    if error.status >= 500:
        logger.error(str(error), exc_info=error)  # otherwise only the client would learn of it
    response = _error(error.status, str(error), error.details)
    response.headers.update(error.headers)
    return response


def _unexpected(_: Exception) -> Response[str]:
    logger.exception("unexpected error")
    return _error(500, "something went wrong here; try again")


def _error(status: int, message: str, details: list[str] | None = None) -> Response[str]:
    body = to_json({"message": message, "details": details or []})
    return Response(status, content_types.APPLICATION_JSON, body)
