"""Verifying the access tokens of an OpenID provider.

This package depends only on PyJWT.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jwt

from .keys import Keys

MAX_CHARACTERS = 10_240
"""API Gateway's limit for all headers of a request together (quotas for REST APIs)."""

LEEWAY_SECONDS = 10
"""The accepted difference between the issuer's clock and this one."""

# The claims that distinguish access tokens from other tokens: `token_use` of Cognito and `typ` of
# Keycloak.
_TOKEN_KINDS = {"token_use": {"access"}, "typ": {"Bearer", "at+jwt"}}

_AUTHORIZATION = re.compile(r"(?:Bearer )?(\S+)", re.IGNORECASE)

_HEADER_TYPES = {"jwt", "at+jwt", "application/at+jwt"}  # RFC 9068, section 4


class Unverified(Exception):
    """The token is not valid. The text is the reason, for the log only."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies the access tokens that one issuer issued for one of these audiences."""

    issuer: str
    audiences: Collection[str]
    keys: Keys

    def verify(self, authorization: str) -> dict[str, Any]:
        """The claims of a valid token, alone or after `Bearer`. Raises Unverified."""
        if len(authorization) > MAX_CHARACTERS:
            raise Unverified("too long")
        match = _AUTHORIZATION.fullmatch(authorization)
        if match is None:
            raise Unverified("no token")
        token = match[1]
        try:
            header = jwt.get_unverified_header(token)
            self._check_header(header)
            claims = self._verify_signature(token, self.keys.named(header.get("kid")))
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Unverified(f"{type(error).__name__}: {error}") from error
        self._check_claims(claims)
        return claims

    def _check_header(self, header: dict[str, Any]) -> None:
        if header.get("alg") != self.keys.algorithm:  # before any key is fetched
            raise Unverified("unexpected alg")
        if str(header.get("typ", "JWT")).lower() not in _HEADER_TYPES:
            raise Unverified("not an access token: typ")
        if "crit" in header:
            raise Unverified("unsupported header: crit")

    def _verify_signature(self, token: str, keys: list[Any]) -> dict[str, Any]:
        failure: Exception = Unverified("unknown key")
        for key in keys:
            try:
                return jwt.decode(
                    token,
                    key,
                    algorithms=[self.keys.algorithm],
                    issuer=self.issuer,
                    leeway=LEEWAY_SECONDS,
                    # Checked below, because Cognito's access tokens have no `aud`.
                    options={"require": ["exp", "iss", "sub"], "verify_aud": False},
                )
            except jwt.InvalidSignatureError as error:
                failure = error
        raise failure

    def _check_claims(self, claims: dict[str, Any]) -> None:
        audience = claims["aud"] if "aud" in claims else claims.get("client_id")
        audiences = audience if isinstance(audience, list) else [audience]
        if not any(isinstance(name, str) and name in self.audiences for name in audiences):
            raise Unverified("unexpected audience")
        for claim, values in _TOKEN_KINDS.items():
            if claim in claims and claims[claim] not in values:
                raise Unverified(f"not an access token: {claim}")
        if "at_hash" in claims:  # only ID tokens contain the hash of an access token
            raise Unverified("not an access token: at_hash")
        if not claims["sub"]:
            raise Unverified("no sub")
