"""The tokens of a Cognito user pool, checked as API Gateway's Cognito authorizer does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import jwt

REFETCH_SECONDS = 10
"""The keys are fetched at most this often, however many tokens name an unknown key."""


class Unauthorized(Exception):
    """No token, or one that this pool did not give for this use."""


class UserPool:
    """One user pool. `fetch` gets its key set, a JWKS; `clients` are its app clients."""

    def __init__(
        self,
        issuer: str,
        clients: Collection[str],
        fetch: Callable[[], Awaitable[Mapping[str, Any]]],
    ) -> None:
        self._issuer = issuer
        self._clients = clients
        self._fetch = fetch
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = -float(REFETCH_SECONDS)
        self._fetching = asyncio.Lock()

    async def claims(self, authorization: str, scopes: Collection[str]) -> dict[str, Any]:
        """The token's claims: of an access token with one of the scopes, or, where there are
        none, of an ID token. Raises Unauthorized.
        """
        token = authorization.removeprefix("Bearer ").strip()
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                issuer=self._issuer,
                options={"require": ["exp", "iss", "sub", "token_use"], "verify_aud": False},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Unauthorized from error
        if not (self._granted(claims, scopes) if scopes else self._identifies(claims)):
            raise Unauthorized
        return claims

    def _granted(self, claims: Mapping[str, Any], scopes: Collection[str]) -> bool:
        granted = str(claims.get("scope", "")).split()
        return (
            claims["token_use"] == "access"  # noqa: S105 - no password
            and claims.get("client_id") in self._clients
            and any(scope in granted for scope in scopes)
        )

    def _identifies(self, claims: Mapping[str, Any]) -> bool:
        return claims["token_use"] == "id" and claims.get("aud") in self._clients  # noqa: S105

    async def _key(self, kid: str | None) -> jwt.PyJWK:
        if kid not in self._keys:
            async with self._fetching:
                if kid not in self._keys and time.monotonic() - self._fetched >= REFETCH_SECONDS:
                    self._fetched = time.monotonic()
                    await self._refresh()
        if kid not in self._keys:
            raise Unauthorized
        return self._keys[kid]

    async def _refresh(self) -> None:
        try:
            keys = jwt.PyJWKSet.from_dict(dict(await self._fetch())).keys
        except (OSError, jwt.PyJWTError) as error:  # without keys no token is known to be good
            raise Unauthorized from error
        self._keys = {key.key_id: key for key in keys}
