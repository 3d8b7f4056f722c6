"""Every route with every kind of token, in every mode of the API: who comes through the gateway.

A row is a kind of token, a column is the authorizer of a route. Another mode is another entry of
MODES; another authorizer is another entry of `issuers` and its own rows of KINDS and ACCEPTED.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from local.gateway.definition import ApiDefinition, Operation
from project import functions, template
from tests.harness.edge import Edge, access_claims, id_claims, pool_keys, stack
from tests.harness.forged_tokens import FORGED, MISPLACED, Credentials, Issuer
from tests.harness.openid import openid_provider

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

MODES = ("Cognito", "CognitoScopes", "Jwt")
PUBLIC = "Cognito"
"""The authorizer whose tokens are sent to routes without one, which ignore them."""

PATH_PARAMETER = "0b8f7c64-7a0f-4f6e-8d5e-6a1d9c2b3e4f"

type Outcome = tuple[int, bool]
"""The status of a response, and whether a function or a queue received the request."""


@dataclass(frozen=True)
class Mode:
    """The gateway with one ApiAuthorizer. `issuers` are the issuers of tokens by authorizer."""

    edge: Edge
    operations: list[Operation]
    issuers: dict[str, Issuer]


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=MODES)
async def mode(request: pytest.FixtureRequest) -> AsyncIterator[Mode]:
    deployed = {
        "ApiAuthorizer": request.param,
        "Search": "https://search.example",  # so that its route exists
        "ThrottlingBurst": "100000",
    }
    pool = pool_keys()
    with openid_provider() as provider, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JWT_ISSUER", provider.issuer)
        patch.setenv("JWT_AUDIENCE", "storefront")
        functions.function("authorizer").verifier.cache_clear()
        [(kid, key)] = provider.keys.items()
        async with Edge(**deployed) as edge:
            edge.backend.authorizer = authorize
            yield Mode(
                edge,
                [
                    each
                    for each in ApiDefinition.of(stack(**deployed)).operations
                    if each.method != "OPTIONS"
                ],
                {
                    "Cognito": Issuer(pool.kid, pool.private, id_claims()),
                    "CognitoScopes": Issuer(pool.kid, pool.private, access_claims()),
                    "Jwt": Issuer(kid, key, provider.claims()),
                },
            )
        functions.function("authorizer").verifier.cache_clear()


def authorize(event: dict[str, Any]) -> Any:
    """Return what the real authorizer answers, as Lambda does."""
    try:
        return functions.function("authorizer").handler(event, functions.context("authorizer"))
    except Exception as error:
        return {"errorMessage": str(error), "errorType": type(error).__name__}


def of(authorizer: str, prefix: str = "", **claims: Any) -> Callable[[Mode, Issuer], Credentials]:
    """Return a token that the issuer of this authorizer has issued, with changed claims."""
    return lambda mode, _: Credentials(
        {"Authorization": prefix + mode.issuers[authorizer].token(**claims)}
    )


def forged(make: Callable[[Issuer], str]) -> Callable[[Mode, Issuer], Credentials]:
    """Return a forgery of the token that the route accepts."""
    return lambda _, issuer: Credentials({"Authorization": f"Bearer {make(issuer)}"})


def misplaced(make: Callable[[str], Credentials]) -> Callable[[Mode, Issuer], Credentials]:
    """Return a request in which the token that the route accepts is not where it belongs."""
    return lambda _, issuer: make(issuer.token())


KINDS: dict[str, Callable[[Mode, Issuer], Credentials]] = {
    **{name: forged(make) for name, make in FORGED.items()},
    **{name: misplaced(make) for name, make in MISPLACED.items()},
    "an ID token": of("Cognito"),
    "an ID token after Bearer": of("Cognito", "Bearer "),
    "an ID token after bearer": of("Cognito", "bearer "),
    "an ID token of another client": of("Cognito", aud="another"),
    "an ID token of another pool": of(
        "Cognito", iss="https://cognito-idp.us-east-1.amazonaws.com/x"
    ),
    "an ID token with scopes": of("Cognito", scope=access_claims()["scope"]),
    "an access token": of("CognitoScopes"),
    "an access token after BEARER": of("CognitoScopes", "BEARER "),
    "an access token of another client": of("CognitoScopes", client_id="another"),
    "an access token with an audience": of("CognitoScopes", aud=id_claims()["aud"]),
    "an access token without a scope": of("CognitoScopes", scope=None),
    "an access token with another scope": of("CognitoScopes", scope="openid email"),
    "a provider's access token": of("Jwt"),
    "a provider's access token after bEARER": of("Jwt", "bEARER "),
    "a provider's token for another audience": of("Jwt", aud="another"),
    "a provider's ID token": of("Jwt", at_hash="77QmUPtjPfzWtF2AnpK9RQ"),
    "a provider's refresh token": of("Jwt", typ="Refresh"),
}

ACCEPTED = {
    "an ID token": "Cognito",
    "an ID token after Bearer": "Cognito",
    "an ID token after bearer": "Cognito",
    "an ID token with scopes": "Cognito",
    "an access token": "CognitoScopes",
    "an access token after BEARER": "CognitoScopes",
    # API Gateway does not compare the client of an access token. Cognito issues them for the
    # clients of the pool only, and the stack creates one.
    "an access token of another client": "CognitoScopes",
    "an access token with an audience": "CognitoScopes",
    "a provider's access token": "Jwt",
    "a provider's access token after bEARER": "Jwt",
}
"""The authorizer that accepts a kind of token. All others refuse it, and nobody accepts others."""

ESSENTIAL = {
    "an ID token",
    "an access token",
    "a provider's access token",
    "nothing",
    "expired",
    "signed by a stranger",
}
"""The kinds that `make test-fast` sends: each valid token, and a refusal for each reason."""


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in ESSENTIAL else pytest.mark.slow, id=kind)
        for kind in KINDS
    ],
)
async def test_a_route_accepts_its_own_kind_of_token_and_no_other(mode: Mode, kind: str) -> None:
    """fault 11"""
    sent = {scheme: KINDS[kind](mode, issuer) for scheme, issuer in mode.issuers.items()}

    outcomes = {
        name(each): await outcome(
            mode.edge, each, sent[each.security[0] if each.security else PUBLIC]
        )
        for each in mode.operations
    }

    assert outcomes == {name(each): expected(each, kind) for each in mode.operations}


async def test_the_matrix_has_every_route_of_the_template(mode: Mode) -> None:
    resources = template.raw()["Resources"]
    routes = [
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for resource in resources.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    ]
    paths = resources["Api"]["Properties"]["DefinitionBody"]["paths"]
    routes += [
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods.keys() - {"options"}  # a preflight has no token
    ]

    assert sorted(map(name, mode.operations)) == sorted(map(" ".join, routes))


async def outcome(edge: Edge, operation: Operation, credentials: Credentials) -> Outcome:
    """Send a request to a route. Returns what comes of it."""
    edge.backend.events.clear()
    edge.backend.forms.clear()
    path = re.sub(r"{\w+}", PATH_PARAMETER, operation.resource) + credentials.query
    body = '{"item": "tea"}' if operation.method in ("POST", "PUT") else None
    reply = await edge.call(
        operation.method, path, body, {"Authorization": None, **credentials.headers}
    )
    return reply.status, bool(edge.backend.events or edge.backend.forms)


def expected(operation: Operation, kind: str) -> Outcome:
    """Return what must come of it: a response of the route itself, or a refusal."""
    if operation.security and operation.security[0] != ACCEPTED.get(kind):
        return 401, False
    kind_of_route = operation.integration["type"]
    return 202 if kind_of_route == "aws" else 200, kind_of_route != "mock"


def name(operation: Operation) -> str:
    return f"{operation.method} {operation.resource}"
