"""Who may call: Cognito's access tokens, or what a Lambda authorizer says of a token."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from local.gateway import policies
from local.gateway.definition import ApiDefinition
from local.gateway.gateway_responses import GatewayError
from local.gateway.intrinsics import StackResolver
from local.gateway.lambda_proxy import FUNCTION
from local.gateway.services import Services
from local.gateway.user_pools import InvalidToken, UserPool

type Context = dict[str, Any]

DEFAULT_TTL = 300
"""Seconds for which an answer is kept, unless the authorizer says otherwise."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks to get in: the headers, the scopes that the operation wants, and `$context`."""

    headers: Mapping[str, str]
    scopes: Collection[str]
    context: Context


class Authorizer(Protocol):
    """Decides whether a caller gets in."""

    async def authorize(self, caller: Caller) -> Context:
        """`$context.authorizer`. Raises GatewayError."""


def authorizers(
    api: ApiDefinition, stack: StackResolver, services: Services, functions: Services
) -> dict[str, Authorizer]:
    """The API's authorizers, by name. Raises LookupError where one is of an unknown kind."""
    found: dict[str, Authorizer] = {}
    for name, scheme in api.authorizers.items():
        settings = scheme["x-amazon-apigateway-authorizer"]
        match settings["type"].lower():
            case "cognito_user_pools":
                pools = [_pool(arn, stack, services) for arn in settings["providerARNs"]]
                found[name] = CognitoAuthorizer(scheme["name"], pools)
            case "token":
                found[name] = LambdaAuthorizer(scheme["name"], settings, stack.region, functions)
            case kind:
                raise LookupError(f"the gateway knows no authorizer of the type {kind}")
    return found


class CognitoAuthorizer:
    """Takes the access tokens of user pools, out of one header."""

    def __init__(self, header: str, pools: Collection[UserPool]) -> None:
        self._header = header
        self._pools = pools

    async def authorize(self, caller: Caller) -> Context:
        token = caller.headers.get(self._header, "")
        for pool in self._pools:
            with suppress(InvalidToken):
                claims = await asyncio.to_thread(pool.verified_claims, token)
                if _grants(claims, caller.scopes):
                    return {"claims": {name: _claim(value) for name, value in claims.items()}}
        raise GatewayError("UNAUTHORIZED")


class LambdaAuthorizer:
    """Asks a function about the token in one header, and keeps its answer for a while.

    API Gateway guide, "Use API Gateway Lambda authorizers".
    """

    def __init__(
        self,
        header: str,
        settings: Mapping[str, Any],
        region: str,
        functions: Services,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._header = header
        function = FUNCTION.search(settings["authorizerUri"])
        if function is None:
            raise LookupError("the authorizer is no function")
        self._path = f"/2015-03-31/functions/{function['name']}/invocations"
        self._looks_right = re.compile(settings.get("identityValidationExpression", ".+"))
        self._ttl = int(settings.get("authorizerResultTtlInSeconds", DEFAULT_TTL))
        self._region = region
        self._functions = functions
        self._clock = clock
        self._answers: dict[str, tuple[float, Context]] = {}

    async def authorize(self, caller: Caller) -> Context:
        token = caller.headers.get(self._header, "")
        if not token or not self._looks_right.fullmatch(token):
            raise GatewayError("UNAUTHORIZED")
        method_arn = _method_arn(self._region, caller.context)
        answer = self._kept(token)
        if answer is None:
            answer = await self._ask(token, method_arn, caller.context["xrayTraceId"])
        try:
            # Of a kept answer too: its policy may allow one method and not another.
            allowed = policies.decision(answer["policyDocument"], method_arn)
            authorizer = _passed_on(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR") from error
        self._answers.setdefault(token, (self._clock() + self._ttl, answer))
        if allowed is not policies.Decision.ALLOW:
            raise GatewayError("ACCESS_DENIED", message=allowed.value)
        return authorizer

    def _kept(self, token: str) -> Context | None:
        now = self._clock()
        self._answers = {each: kept for each, kept in self._answers.items() if kept[0] > now}
        return self._answers[token][1] if token in self._answers else None

    async def _ask(self, token: str, method_arn: str, trace: str) -> Context:
        event = {"type": "TOKEN", "methodArn": method_arn, "authorizationToken": token}
        headers = {"Content-Type": "application/json", "X-Amzn-Trace-Id": trace}
        try:
            answer = await self._functions.post(
                "lambda", self._path, json.dumps(event).encode(), headers
            )
            if answer.status != 200:
                raise ValueError("the function cannot be invoked")
            said = json.loads(answer.body)
            if "X-Amz-Function-Error" in answer.headers:
                failed = said["errorMessage"] != "Unauthorized"
                raise GatewayError("AUTHORIZER_FAILURE" if failed else "UNAUTHORIZED")
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError) as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR") from error
        return said  # type: ignore[no-any-return]


def _pool(arn: str, stack: StackResolver, services: Services) -> UserPool:
    pool = arn.rpartition("/")[2]
    clients = [
        stack.ids[logical_id]
        for logical_id, client in stack.resources("AWS::Cognito::UserPoolClient").items()
        if logical_id in stack.ids and stack.resolve(client["UserPoolId"]) == pool
    ]
    issuer = f"https://cognito-idp.{stack.region}.amazonaws.com/{pool}"
    return UserPool(issuer, clients, services.url(f"/{pool}/.well-known/jwks.json"))


def _grants(claims: Mapping[str, Any], scopes: Collection[str]) -> bool:
    """Whether a pool's token is an access token with one of the scopes."""
    granted = str(claims.get("scope", "")).split()
    return claims.get("token_use") == "access" and any(scope in granted for scope in scopes)


def _claim(value: Any) -> str:
    """A claim as API Gateway passes it on: text, lists joined by commas."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _method_arn(region: str, context: Context) -> str:
    path = context["path"].removeprefix(f"/{context['stage']}")
    api = f"arn:aws:execute-api:{region}:{context['accountId']}:{context['apiId']}"
    return f"{api}/{context['stage']}/{context['httpMethod']}{path}"


def _passed_on(answer: Context) -> Context:
    """What the routes see of an authorizer's answer: text, as `$context` has it."""
    told = answer.get("context") or {}
    if any(isinstance(value, dict | list) for value in told.values()):
        raise ValueError("a context holds no objects and no lists")
    return {
        "principalId": _text(answer["principalId"]),
        **{name: _text(value) for name, value in told.items()},
    }
