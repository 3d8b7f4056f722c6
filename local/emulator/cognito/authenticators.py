"""Authenticator apps: setting one up, and codes that are accepted once."""

from __future__ import annotations

import json
import secrets
import threading
import time
from base64 import b32encode
from dataclasses import replace
from typing import Any

from ministack.services import cognito

from . import sessions
from .rules import (
    Handler,
    Pool,
    Request,
    Response,
    User,
    is_success,
    pool_of,
    refused,
    rule,
    user_of,
)

_mfa_challenge_for_user = cognito._mfa_challenge_for_user

_FACTOR = "SOFTWARE_TOKEN_MFA"
_STEP = 30
_STEPS = (-1, 0, 1)
"""The steps around the present one whose codes are accepted (RFC 6238, section 5.2)."""

_used: dict[tuple[str, str, int], None] = {}
"""The codes that were accepted, by secret and step."""

_claims = threading.Lock()


@rule(*sessions.RESPONDING)
def a_code_is_accepted_once(request: Request, proceed: Handler) -> Response:
    """ExpiredCodeException for a code that has signed in, or set up the app, before."""
    user = user_of(request)
    if request.get("ChallengeName") != _FACTOR or user is None:
        return proceed(request)
    code = request["ChallengeResponses"].get("SOFTWARE_TOKEN_MFA_CODE", "")
    if _step(user["_totp_secret"], code) is None:
        return proceed(request)  # the emulator refuses it
    if not _claimed(user["_totp_secret"], code):
        return refused("ExpiredCodeException", "Your software token has already been used once.")
    return proceed(request)


@rule("AssociateSoftwareToken")
def an_app_is_set_up_by_a_token_or_a_session(request: Request, proceed: Handler) -> Response:
    """API, AssociateSoftwareToken: the session of an MFA_SETUP challenge; a new one follows."""
    if "AccessToken" in request:
        pool = pool_of(request)
        if pool and pool["MfaConfiguration"] == "OFF":
            return refused(
                "SoftwareTokenMFANotFoundException",
                "Software Token MFA has not been enabled by the userPool",
            )
        return proceed(request)
    try:
        session = sessions.claimed(request.get("Session"), "MFA_SETUP")
    except sessions.Refused as refusal:
        return refused(*refusal.args)
    secret = b32encode(secrets.token_bytes(20)).decode()
    following = sessions.opened(replace(session, secret=secret, is_used=False))
    return cognito.json_response({"SecretCode": secret, "Session": following})


@rule("VerifySoftwareToken")
def the_first_code_proves_the_app(request: Request, proceed: Handler) -> Response:
    """API, VerifySoftwareToken. The code is used up.

    With an access token, SetUserMFAPreference turns the factor on, and not this operation.
    """
    code = request.get("UserCode", "")
    user = user_of(request)
    if user is None:
        return _verified_in_session(request, code)
    before = list(user.get("_mfa_enabled", [])), user.get("_preferred_mfa", "")
    response = proceed(request)
    if is_success(response):
        user["_mfa_enabled"], user["_preferred_mfa"] = before
        _claimed(user["_totp_secret"], code)
    return response


@rule("SetUserMFAPreference", "AdminSetUserMFAPreference")
def only_a_proven_app_is_a_factor(request: Request, proceed: Handler) -> Response:
    """InvalidParameterException for a user who has set up no app."""
    user = user_of(request)
    enables = request.get("SoftwareTokenMfaSettings", {}).get("Enabled")
    if enables and user and "_totp_secret" not in user:
        return refused("InvalidParameterException", "User has not verified software token mfa")
    return proceed(request)


def mfa_challenge_for_user(pool: Pool, user: User, pool_id: str, username: str) -> Any:
    """Ask for a code, or for the setup of an app where the pool requires one.

    Guide, "Adding MFA to a user pool": MFA_SETUP.
    """
    challenge = _mfa_challenge_for_user(pool, user, pool_id, username)
    if challenge or pool["MfaConfiguration"] != "ON":
        return challenge
    return {
        "ChallengeName": "MFA_SETUP",
        "Session": secrets.token_urlsafe(32),
        "ChallengeParameters": {
            "MFAS_CAN_SETUP": json.dumps([_FACTOR]),
            "USER_ID_FOR_SRP": username,
        },
    }


def _verified_in_session(request: Request, code: str) -> Response:
    """Set up the app of a user who is signing in. The new session answers the challenge."""
    try:
        session = sessions.claimed(request.get("Session"), "MFA_SETUP")
    except sessions.Refused as refusal:
        return refused(*refusal.args)
    if not session.secret or not _claimed(session.secret, code):
        session.is_used = False
        return refused("EnableSoftwareTokenMFAException", "Code mismatch")
    pool = cognito._pool_for_client(session.client)[0]
    user = cognito._resolve_user(pool, session.username)[0]
    user |= {"_totp_secret": session.secret, "_mfa_enabled": [_FACTOR], "_preferred_mfa": _FACTOR}
    following = sessions.opened(replace(session, is_verified=True, is_used=False))
    return cognito.json_response({"Status": "SUCCESS", "Session": following})


def _step(secret: str, code: str) -> int | None:
    """The step whose code this is."""
    now = int(time.time() // _STEP)
    matching = (each for each in _STEPS if cognito._totp_code(secret, each) == code)
    offset = next(matching, None)
    return None if offset is None else now + offset


def _claimed(secret: str, code: str) -> bool:
    """Use up a code. Returns False for a wrong code and one that has been used."""
    step = _step(secret, code)
    with _claims:
        if step is None or (secret, step) in _used:
            return False
        _used[secret, step] = None
    return True


cognito._mfa_challenge_for_user = mfa_challenge_for_user
