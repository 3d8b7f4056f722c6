"""Access tokens of an OpenID provider, verified: the one place that decides whom to believe.

The authorizer function and the laptop's gateway share it, so it needs PyJWT and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jwt

from .keys import Keys

MAX_CHARACTERS = 10_240
"""API Gateway takes no more in all headers together (quotas for REST APIs)."""

LEEWAY_SECONDS = 10
"""How far apart two clocks may be."""

# What providers mark their other tokens with: Cognito's `token_use`, Keycloak's `typ`.
_MARKS = {"token_use": {"access"}, "typ": {"Bearer", "at+jwt"}}

_HEADER_TYPES = {"jwt", "at+jwt", "application/at+jwt"}  # RFC 9068, section 4


class Unverified(Exception):
    """No token to believe. The text says why, for the log and for nobody else."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Takes the access tokens that one issuer made for one of these audiences."""

    issuer: str
    audiences: Collection[str]
    keys: Keys

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of a good token, with or without `Bearer `. Raises Unverified."""
        token = token.removeprefix("Bearer ").strip()
        if len(token) > MAX_CHARACTERS:
            raise Unverified("too long")
        try:
            header = jwt.get_unverified_header(token)
            self._check_header(header)
            claims = self._verified_by_one(token, self.keys.named(header.get("kid")))
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Unverified(f"{type(error).__name__}: {error}") from error
        self._check_claims(claims)
        return claims

    def _check_header(self, header: dict[str, Any]) -> None:
        if header.get("alg") != self.keys.algorithm:  # before any key is asked for
            raise Unverified("another algorithm")
        if str(header.get("typ", "JWT")).lower() not in _HEADER_TYPES:
            raise Unverified("no access token: typ")
        if "crit" in header:
            raise Unverified("crit")

    def _verified_by_one(self, token: str, keys: list[Any]) -> dict[str, Any]:
        refused: Exception = Unverified("no such key")
        for key in keys:
            try:
                return jwt.decode(
                    token,
                    key,
                    algorithms=[self.keys.algorithm],
                    issuer=self.issuer,
                    leeway=LEEWAY_SECONDS,
                    # The audience is ours to check: Cognito's access tokens have none.
                    options={"require": ["exp", "iss", "sub"], "verify_aud": False},
                )
            except jwt.InvalidSignatureError as error:
                refused = error
        raise refused

    def _check_claims(self, claims: dict[str, Any]) -> None:
        meant_for = claims["aud"] if "aud" in claims else claims.get("client_id")
        named = meant_for if isinstance(meant_for, list) else [meant_for]
        if not any(isinstance(name, str) and name in self.audiences for name in named):
            raise Unverified("another audience")
        for mark, values in _MARKS.items():
            if mark in claims and claims[mark] not in values:
                raise Unverified(f"no access token: {mark}")
        if "at_hash" in claims:  # goes beside an access token, in an ID token
            raise Unverified("no access token: at_hash")
        if not claims["sub"]:
            raise Unverified("no sub")
