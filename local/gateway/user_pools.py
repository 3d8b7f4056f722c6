"""Cognito user pools as authorizers: they verify tokens as API Gateway does."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import jwt

from local.gateway.gateway_responses import GatewayError

if TYPE_CHECKING:
    from local.gateway.authorizers import Caller, Context
    from local.gateway.intrinsics import StackResolver
    from local.gateway.services import Services

_AUTHORIZATION = re.compile(r"(?:Bearer )?(\S+)", re.IGNORECASE)


class InvalidToken(Exception):
    """The token is not a valid token of the user pool."""


class UserPool:
    """One user pool, with the keys that sign its tokens.

    It shares no code with the shop's own authorizer, so that neither hides a fault of the other.
    """

    def __init__(self, issuer: str, key_set_url: str) -> None:
        self._issuer = issuer
        # The emulator serves http. Without a context, each fetch would read all certificates of
        # the machine, which takes 40 ms.
        unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._keys = jwt.PyJWKClient(key_set_url, timeout=5, ssl_context=unused)

    @classmethod
    def of(cls, arn: str, stack: StackResolver, services: Services) -> Self:
        """Return the user pool with this ARN."""
        pool = arn.rpartition("/")[2]
        issuer = f"https://cognito-idp.{stack.region}.amazonaws.com/{pool}"
        return cls(issuer, services.url(f"/{pool}/.well-known/jwks.json"))

    def verified_claims(self, header: str) -> dict[str, Any]:
        """Return the claims of a token, alone or after `Bearer`. Raises InvalidToken.

        Cognito guide, "Verifying JSON web tokens".
        """
        match = _AUTHORIZATION.fullmatch(header)
        if match is None:
            raise InvalidToken("no token")
        try:
            return jwt.decode(
                match[1],
                self._keys.get_signing_key_from_jwt(match[1]),
                algorithms=["RS256"],
                issuer=self._issuer,
                # The authorizer checks the `aud` of ID tokens. Access tokens have none.
                options={"require": ["exp", "iss", "sub"], "verify_aud": False},
            )
        except jwt.PyJWTError as error:
            raise InvalidToken(str(error)) from error


class CognitoAuthorizer:
    """Accepts tokens of user pools, sent in one header.

    Without scopes, it accepts ID tokens. With scopes, it accepts access tokens that have one of
    them (AWS re:Post, "How do I troubleshoot 401 Unauthorized errors", of Cognito authorizers).
    The regular expression `audience` must match the `aud` of a token. It refuses access tokens,
    which have no `aud` (API reference, CreateAuthorizer; AWS re:Post).
    """

    def __init__(
        self, header: str, pools: Collection[UserPool], audience: str | None = None
    ) -> None:
        self._header = header
        self._pools = pools
        self._audience = audience

    async def authorize(self, caller: Caller) -> Context:
        token = caller.headers.get(self._header, "")
        for pool in self._pools:
            with suppress(InvalidToken):
                claims = await asyncio.to_thread(pool.verified_claims, token)
                if self._has_audience(claims) and _is_accepted(claims, caller.scopes):
                    return {"claims": {name: _claim(value) for name, value in claims.items()}}
        raise GatewayError("UNAUTHORIZED")

    def _has_audience(self, claims: Mapping[str, Any]) -> bool:
        audience = str(claims.get("aud", ""))
        return self._audience is None or re.fullmatch(self._audience, audience) is not None


def _is_accepted(claims: Mapping[str, Any], scopes: Collection[str]) -> bool:
    """Return whether this is an access token with one of the scopes; without any, an ID token."""
    if not scopes:
        return claims.get("token_use") == "id"
    granted = str(claims.get("scope", "")).split()
    return claims.get("token_use") == "access" and any(scope in granted for scope in scopes)


def _claim(value: Any) -> str:
    """Return a claim as API Gateway passes it on: as text, lists joined by commas."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
