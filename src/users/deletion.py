"""Deleting an account: the user proves who they are, and a job erases everything about them."""

from __future__ import annotations

from contextlib import suppress

import sessions
from botocore.exceptions import BotoCoreError, ClientError
from proofs import proving

from common import aws
from common.api.errors import Invalid, Unavailable
from common.erasures import erasures
from common.global_sign_out import global_sign_out
from common.live_sign_out import StillConnected


def begin(access_token: str, password: str, code: str | None) -> None:
    """Begin the erasure of the token's user, who can do nothing from then on.

    Raises Invalid for a wrong password or code. Raises Unavailable if some sessions may not have
    ended; the erasure has begun anyway, and its first step ends them.
    """
    user = sessions.user_of(access_token)
    name = user["Username"]
    _verify(name, password, code)
    attributes = {each["Name"]: each.get("Value", "") for each in user["UserAttributes"]}
    erasures().start(attributes["sub"], name, attributes.get("email", ""))
    cognito = aws.cognito()
    try:
        with suppress(cognito.exceptions.UserNotFoundException):  # the job may be that fast
            cognito.admin_disable_user(UserPoolId=aws.env("USER_POOL_ID"), Username=name)
        global_sign_out().run(attributes["sub"], name)
    except (BotoCoreError, ClientError, StillConnected) as error:
        raise Unavailable(
            "the account is being deleted, but some sessions may not have ended yet"
        ) from error


def _verify(username: str, password: str, code: str | None) -> None:
    """Raises Invalid unless the password is right and, with an authenticator app, the code.

    Cognito checks a code only after the password. The tokens that it returns end with all other
    sessions.
    """
    with proving(username):
        response = sessions.check_password(username, password)
        if response.get("ChallengeName") == "SOFTWARE_TOKEN_MFA":
            _verify_code(username, response["Session"], code)


def _verify_code(username: str, session: str, code: str | None) -> None:
    if code is None:
        reason = "code: missing, because an authenticator app is on"
        raise Invalid("the request body is invalid", [reason])
    aws.cognito().respond_to_auth_challenge(
        ClientId=aws.env("USER_POOL_CLIENT_ID"),
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=session,
        ChallengeResponses={"USERNAME": username, "SOFTWARE_TOKEN_MFA_CODE": code},
    )
