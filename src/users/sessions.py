"""User sessions: signing in, answering challenges, refreshing tokens and ending sessions."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from attempts import attempts
from botocore.exceptions import BotoCoreError, ClientError
from challenges import Challenge, challenges
from cognito_errors import constant_time, translated, wrong_code

from common import aws
from common.api.errors import Invalid, Unavailable
from common.global_sign_out import global_sign_out
from common.live_sign_out import StillConnected
from common.sessions import Session, ended_sessions
from common.user_pool import find_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cognito_idp.type_defs import (
        GetUserResponseTypeDef,
        InitiateAuthResponseTypeDef,
        VerifySoftwareTokenResponseTypeDef,
    )

WRONG_PASSWORD = "the user name or the password is wrong"  # noqa: S105
SIGN_IN_AGAIN = "sign in again"
_APP_CODE_DIGITS = 6  # Cognito API reference, VerifySoftwareToken


def sign_in(username: str, password: str) -> dict[str, Any]:
    """Tokens or a challenge. Raises Unauthenticated for an unknown user or a wrong password."""
    with constant_time(only_failures=True), translated(WRONG_PASSWORD):
        response = check_password(username, password)
    return _tokens_or_challenge(response, username, username)


def answer_challenge(body: Mapping[str, str]) -> dict[str, Any]:
    """Tokens or the next challenge. Raises Unauthenticated for a session that is not the user's.

    Cognito gets the user name of the sign-in, never the one that the client sends.
    """
    challenge = body["challenge"]
    field, cognito_name = _RESPONSES[challenge]
    if field not in body:
        raise Invalid("the request body is invalid", [f"{field}: missing, for {challenge}"])
    with challenges().answering(body["session"], challenge, body["username"]) as opened:
        limit = attempts().limited(opened.username) if field == "code" else nullcontext()
        with limit, translated(SIGN_IN_AGAIN):
            session = opened.session
            if challenge == "MFA_SETUP":
                session = verify_code(body[field], Session=session)["Session"]
            response = aws.cognito().respond_to_auth_challenge(
                ClientId=_client(),
                ChallengeName=challenge,  # type: ignore[arg-type]  # the schema lists them
                Session=session,
                ChallengeResponses={"USERNAME": opened.username}
                | ({cognito_name: body[field]} if cognito_name else {}),
            )
    if challenge == "NEW_PASSWORD_REQUIRED":
        end_after_new_password(opened.username)
        if "AuthenticationResult" in response:  # its tokens have ended too
            return sign_in(opened.username, body["newPassword"])
    return _tokens_or_challenge(response, opened.username, opened.signed_in_as)


def refresh(refresh_token: str) -> dict[str, Any]:
    """New tokens. Raises Unauthenticated if the refresh token is no longer valid.

    The refresh token is a new one, unless the stack has turned rotation off.
    """
    with translated(SIGN_IN_AGAIN):
        response = aws.cognito().get_tokens_from_refresh_token(
            ClientId=_client(), RefreshToken=refresh_token
        )
    return _tokens({"RefreshToken": refresh_token, **response["AuthenticationResult"]})


def revoke(refresh_token: str) -> None:
    """End the session of a refresh token, and no other. Raises Unavailable if it may go on.

    A token that is not valid is not an error: its session has ended.
    """
    cognito = aws.cognito()
    ended = (
        cognito.exceptions.InvalidParameterException,
        cognito.exceptions.NotAuthorizedException,
        cognito.exceptions.UnauthorizedException,
        cognito.exceptions.UnsupportedTokenTypeException,
        cognito.exceptions.UserNotFoundException,
    )
    try:
        with suppress(*ended):
            cognito.revoke_token(ClientId=_client(), Token=refresh_token)
    except (BotoCoreError, ClientError) as error:
        raise Unavailable("the session may not have ended; try again") from error


def sign_out(session: Session) -> None:
    """End all sessions of the session's user. Raises Unavailable if some may not have ended.

    It is safe to repeat. The token of a session that has ended only finishes what was begun.
    """
    try:
        if ended_sessions().contain(session):
            global_sign_out().finish(session.userID)
        else:
            global_sign_out().run(session.userID, session.username)
    except (BotoCoreError, ClientError, StillConnected) as error:
        raise Unavailable("some sessions may not have ended; try again") from error


def end_after_new_password(username: str) -> None:
    """End all sessions of a user whose password has just changed.

    Raises Unavailable if some may not have ended. The password stays changed, so the request cannot
    be repeated; the message says what to do instead.
    """
    try:
        if user := find_user(username):
            global_sign_out().run(user.userID, user.username)
    except (BotoCoreError, ClientError, StillConnected) as error:
        raise Unavailable(
            "the password is changed, but some sessions may not have ended; "
            "sign in with the new password, then sign out"
        ) from error


# By challenge: the field of the request body, and Cognito's name for this response.
_RESPONSES = {
    "NEW_PASSWORD_REQUIRED": ("newPassword", "NEW_PASSWORD"),
    "SOFTWARE_TOKEN_MFA": ("code", "SOFTWARE_TOKEN_MFA_CODE"),
    "MFA_SETUP": ("code", None),  # the code is verified before the challenge is answered
}


def check_password(username: str, password: str) -> InitiateAuthResponseTypeDef:
    """Tokens or a challenge of Cognito. Raises its errors, for example for a wrong password."""
    return aws.cognito().initiate_auth(
        ClientId=_client(),
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )


def user_of(access_token: str) -> GetUserResponseTypeDef:
    """The token's user, as Cognito knows them. Raises Unauthenticated after a sign-out."""
    with translated(SIGN_IN_AGAIN):
        return aws.cognito().get_user(AccessToken=access_token)


def verify_code(code: str, **by: str) -> VerifySoftwareTokenResponseTypeDef:
    """Verify a new authenticator app, by an access token or a session. Raises Invalid."""
    if len(code) < _APP_CODE_DIGITS:  # botocore would refuse it with an error of its own
        raise wrong_code()
    response = aws.cognito().verify_software_token(UserCode=code, **by)
    if response["Status"] != "SUCCESS":  # for example, after too many wrong codes
        raise wrong_code()
    return response


def _tokens_or_challenge(
    response: Mapping[str, Any], username: str, signed_in_as: str
) -> dict[str, Any]:
    if "AuthenticationResult" in response:
        return _tokens(response["AuthenticationResult"])
    challenge, session, secret = response["ChallengeName"], response["Session"], {}
    # A user who signed in by address must answer by user name.
    name = response.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", username)
    if challenge == "MFA_SETUP":
        with translated(SIGN_IN_AGAIN):
            associated = aws.cognito().associate_software_token(Session=session)
        session, secret = associated["Session"], {"secret": associated["SecretCode"]}
    token = challenges().open(Challenge(challenge, session, name, signed_in_as))
    return {"challenge": challenge, "session": token, "username": name, **secret}


def _tokens(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "idToken": result["IdToken"],
        "accessToken": result["AccessToken"],
        "refreshToken": result["RefreshToken"],
        "expiresIn": result["ExpiresIn"],
        "tokenType": result["TokenType"],
    }


def _client() -> str:
    return aws.env("USER_POOL_CLIENT_ID")
