"""Authenticator apps of users who are signed in: setting up, replacing and turning off."""

from __future__ import annotations

import sessions
from cognito_errors import translated
from proofs import require_password

from common import aws
from common.api.errors import Invalid


def is_on(access_token: str) -> bool:
    """Whether the token's user signs in with an app. Raises Unauthenticated after a sign-out."""
    return bool(sessions.user_of(access_token).get("UserMFASettingList"))


def new_secret(access_token: str, password: str | None) -> dict[str, str]:
    """A new TOTP secret for a user who is signed in.

    To replace an authenticator app, the user must also give the password: the first step may
    already turn the present app off, and a stolen token must not be enough for that. Raises Invalid
    for a missing or wrong password.
    """
    user = sessions.user_of(access_token)
    if user.get("UserMFASettingList"):
        if password is None:
            reason = "password: missing, to replace an authenticator app"
            raise Invalid("the request body is invalid", [reason])
        require_password(user["Username"], password)
    with translated(sessions.SIGN_IN_AGAIN):
        response = aws.cognito().associate_software_token(AccessToken=access_token)
    return {"secret": response["SecretCode"]}


def turn_on(access_token: str, code: str) -> None:
    """Require a code at every sign-in of this user from now on. Raises Invalid for a wrong code."""
    with translated(sessions.SIGN_IN_AGAIN):
        sessions.verify_code(code, AccessToken=access_token)
    _require_codes(access_token, required=True)


def turn_off(access_token: str, password: str) -> None:
    """Require no code any more. Raises Invalid for a wrong password: a token is not enough."""
    require_password(sessions.user_of(access_token)["Username"], password)
    _require_codes(access_token, required=False)


def _require_codes(access_token: str, *, required: bool) -> None:
    with translated(sessions.SIGN_IN_AGAIN):
        aws.cognito().set_user_mfa_preference(
            AccessToken=access_token,
            SoftwareTokenMfaSettings={"Enabled": required, "PreferredMfa": required},
        )
