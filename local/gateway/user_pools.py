"""Verify tokens of Cognito user pools, as API Gateway does."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import jwt


class InvalidToken(Exception):
    """The token is not a valid token of the user pool."""


class UserPool:
    """One user pool and those of its app clients whose tokens are accepted.

    It shares no code with the shop's own authorizer, so that neither hides a fault of the other.
    """

    def __init__(self, issuer: str, clients: Collection[str], key_set_url: str) -> None:
        self._issuer = issuer
        self._clients = clients
        self._keys = jwt.PyJWKClient(key_set_url, timeout=5)

    def verified_claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token, with or without `Bearer `. Raises InvalidToken.

        Cognito guide, "Verifying JSON web tokens".
        """
        token = token.removeprefix("Bearer ").strip()
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token),
                algorithms=["RS256"],
                issuer=self._issuer,
                # Access tokens of Cognito have `client_id` instead of `aud`.
                options={"require": ["exp", "iss", "sub"], "verify_aud": False},
            )
        except jwt.PyJWTError as error:
            raise InvalidToken(str(error)) from error
        if claims.get("client_id", claims.get("aud")) not in self._clients:
            raise InvalidToken("the token is for another app client")
        return claims
