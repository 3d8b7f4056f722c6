"""Tokens: the claims that the emulator leaves out or renews, and expired refresh tokens."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ministack.services import cognito

from .rules import Handler, Request, Response, refused, rule

_signed_jwt = cognito._signed_jwt

_sign_ins: dict[str, dict[str, Any]] = {}
"""Time and id of each sign-in, by the `origin_jti` of its tokens."""


@rule("InitiateAuth", "AdminInitiateAuth", "GetTokensFromRefreshToken")
def a_refresh_token_expires(request: Request, proceed: Handler) -> Response:
    """Guide, "Refresh tokens": after RefreshTokenValidity of the app client."""
    parameters = request.get("AuthParameters", {})
    token = request.get("RefreshToken") or parameters.get("REFRESH_TOKEN")
    if token and time.time() > cognito._token_claims(token).get("exp", time.time()):
        return refused("NotAuthorizedException", "Refresh Token has expired")
    return proceed(request)


def signed_jwt(claims: dict[str, Any], pool_id: str = "", use: str = "") -> str:
    """Sign a token. A refresh does not change when and by which event the user signed in.

    Guide, "Understanding the identity (ID) token" and "… access token": auth_time, event_id.
    """
    if claims["token_use"] in ("id", "access"):
        event = {"auth_time": claims["iat"], "event_id": str(uuid.uuid4())}
        claims = claims | _sign_ins.setdefault(claims["origin_jti"], event)
    return _signed_jwt(claims, pool_id, use)


cognito._signed_jwt = signed_jwt
