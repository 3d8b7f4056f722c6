"""Authorizers: Cognito user pools, and Lambda authorizers of the TOKEN type."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from local.gateway import policies, signed_requests
from local.gateway.definition import ApiDefinition
from local.gateway.gateway_responses import GatewayError
from local.gateway.intrinsics import StackResolver
from local.gateway.lambda_proxy import FUNCTION
from local.gateway.services import Services
from local.gateway.user_pools import CognitoAuthorizer, UserPool

type Context = dict[str, Any]

DEFAULT_TTL = 300
"""Seconds for which API Gateway caches an answer, by default."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The headers and `$context` of a request, and the scopes that its operation requires."""

    headers: Mapping[str, str]
    scopes: Collection[str]
    context: Context


class Authorizer(Protocol):
    """Decides whether a caller may use an operation."""

    async def authorize(self, caller: Caller) -> Context:
        """Return `$context.authorizer`. Raises GatewayError if the caller is refused."""


def authorizers(
    api: ApiDefinition, stack: StackResolver, services: Services, functions: Services
) -> dict[str, Authorizer]:
    """Return the API's authorizers by name. Raises LookupError for an unsupported type.

    IAM is not an authorizer: API Gateway checks signatures itself.
    """
    found: dict[str, Authorizer] = {}
    for name, scheme in api.authorizers.items():
        if scheme.get("x-amazon-apigateway-authtype") == signed_requests.AUTHORIZATION:
            continue
        settings = scheme["x-amazon-apigateway-authorizer"]
        match settings["type"].lower():
            case "cognito_user_pools":
                pools = [UserPool.of(arn, stack, services) for arn in settings["providerARNs"]]
                audience = settings.get("identityValidationExpression")
                found[name] = CognitoAuthorizer(scheme["name"], pools, audience)
            case "token":
                found[name] = LambdaAuthorizer(scheme["name"], settings, stack.region, functions)
            case kind:
                raise LookupError(f"the gateway does not support authorizers of type {kind}")
    return found


class LambdaAuthorizer:
    """Invokes a function with the token from one header, and caches its answer.

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
            raise LookupError("the authorizer is not a Lambda function")
        self._path = f"/2015-03-31/functions/{function['name']}/invocations"
        self._expected_format = re.compile(settings.get("identityValidationExpression", ".+"))
        self._ttl = int(settings.get("authorizerResultTtlInSeconds", DEFAULT_TTL))
        self._region = region
        self._functions = functions
        self._clock = clock
        self._answers: dict[str, tuple[float, Context]] = {}

    async def authorize(self, caller: Caller) -> Context:
        token = caller.headers.get(self._header, "")
        if not token or not self._expected_format.fullmatch(token):
            raise GatewayError("UNAUTHORIZED")
        method_arn = execute_api_arn(self._region, caller.context)
        answer = self._cached(token)
        if answer is None:
            answer = await self._invoke(token, method_arn, caller.context["xrayTraceId"])
        try:
            # Of a cached answer too: its policy may allow one method and not another.
            allowed = policies.decision(answer["policyDocument"], method_arn)
            authorizer = _authorizer_context(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR") from error
        self._answers.setdefault(token, (self._clock() + self._ttl, answer))
        if allowed is not policies.Decision.ALLOW:
            raise GatewayError("ACCESS_DENIED", message=allowed.value)
        return authorizer

    def _cached(self, token: str) -> Context | None:
        now = self._clock()
        self._answers = {each: cached for each, cached in self._answers.items() if cached[0] > now}
        return self._answers[token][1] if token in self._answers else None

    async def _invoke(self, token: str, method_arn: str, trace: str) -> Context:
        event = {"type": "TOKEN", "methodArn": method_arn, "authorizationToken": token}
        headers = {"Content-Type": "application/json", "X-Amzn-Trace-Id": trace}
        try:
            answer = await self._functions.post(
                "lambda", self._path, json.dumps(event).encode(), headers
            )
            if answer.status != 200:
                raise ValueError("the function cannot be invoked")
            result = json.loads(answer.body)
            if "X-Amz-Function-Error" in answer.headers:
                failed = result["errorMessage"] != "Unauthorized"
                raise GatewayError("AUTHORIZER_FAILURE" if failed else "UNAUTHORIZED")
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError) as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR") from error
        return result  # type: ignore[no-any-return]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def execute_api_arn(region: str, context: Context) -> str:
    """Return the ARN of the method and path of a request, which policies name."""
    path = context["path"].removeprefix(f"/{context['stage']}")
    api = f"arn:aws:execute-api:{region}:{context['accountId']}:{context['apiId']}"
    return f"{api}/{context['stage']}/{context['httpMethod']}{path}"


def _authorizer_context(answer: Context) -> Context:
    """Return `$context.authorizer` for an authorizer's answer; all values are text."""
    context = answer.get("context") or {}
    if any(isinstance(value, dict | list) for value in context.values()):
        raise ValueError("the context must not contain objects or lists")
    return {
        "principalId": _text(answer["principalId"]),
        **{name: _text(value) for name, value in context.items()},
    }
