"""User sessions: signing in, answering challenges, refreshing tokens and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_errors import constant_time, translated

from common import aws
from common.api.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

WRONG_PASSWORD = "the user name or the password is wrong"  # noqa: S105
_SIGN_IN_AGAIN = "sign in again"


def sign_in(username: str, password: str) -> dict[str, Any]:
    """Tokens or a challenge. Raises Unauthenticated for an unknown user or a wrong password."""
    with constant_time(only_failures=True), translated(WRONG_PASSWORD):
        response = aws.cognito().initiate_auth(
            ClientId=_client(),
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
    return _tokens_or_challenge(response, username)


def answer_challenge(body: Mapping[str, str]) -> dict[str, Any]:
    """Tokens or the next challenge. Raises Unauthenticated for an expired session."""
    challenge, session = body["challenge"], body["session"]
    field, cognito_name = _RESPONSES[challenge]
    if field not in body:
        raise Invalid("the request body is invalid", [f"{field}: missing, for {challenge}"])
    if challenge == "MFA_SETUP":
        with translated(_SIGN_IN_AGAIN):
            session = aws.cognito().verify_software_token(Session=session, UserCode=body[field])[
                "Session"
            ]
    with translated(_SIGN_IN_AGAIN):
        response = aws.cognito().respond_to_auth_challenge(
            ClientId=_client(),
            ChallengeName=challenge,  # type: ignore[arg-type]  # the schema lists them
            Session=session,
            ChallengeResponses={"USERNAME": body["username"]}
            | ({cognito_name: body[field]} if cognito_name else {}),
        )
    return _tokens_or_challenge(response, body["username"])


def refresh(refresh_token: str) -> dict[str, Any]:
    """New tokens and the same refresh token. Raises Unauthenticated if it is no longer valid."""
    with translated(_SIGN_IN_AGAIN):
        response = aws.cognito().initiate_auth(
            ClientId=_client(),
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": refresh_token},
        )
    return _tokens({"RefreshToken": refresh_token, **response["AuthenticationResult"]})


def sign_out(access_token: str) -> None:
    """End all sessions of the token's user, so that no refresh token works any more."""
    with translated(_SIGN_IN_AGAIN):
        aws.cognito().global_sign_out(AccessToken=access_token)


def authenticator_secret(access_token: str) -> dict[str, str]:
    """A new TOTP secret for a user who is signed in."""
    with translated(_SIGN_IN_AGAIN):
        response = aws.cognito().associate_software_token(AccessToken=access_token)
    return {"secret": response["SecretCode"]}


def turn_mfa_on(access_token: str, code: str) -> None:
    """Require a code at every sign-in of this user from now on. Raises Invalid for a wrong code."""
    with translated(_SIGN_IN_AGAIN):
        aws.cognito().verify_software_token(AccessToken=access_token, UserCode=code)
        aws.cognito().set_user_mfa_preference(
            AccessToken=access_token,
            SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
        )


# By challenge: the field of the request body, and Cognito's name for this response.
_RESPONSES = {
    "NEW_PASSWORD_REQUIRED": ("newPassword", "NEW_PASSWORD"),
    "SOFTWARE_TOKEN_MFA": ("code", "SOFTWARE_TOKEN_MFA_CODE"),
    "MFA_SETUP": ("code", None),  # the code is verified before the challenge is answered
}


def _tokens_or_challenge(response: Mapping[str, Any], username: str) -> dict[str, Any]:
    if "AuthenticationResult" in response:
        return _tokens(response["AuthenticationResult"])
    challenge, session = response["ChallengeName"], response["Session"]
    # A user who signed in by address must answer by user name.
    name = response.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", username)
    result = {"challenge": challenge, "session": session, "username": name}
    if challenge != "MFA_SETUP":
        return result
    with translated(_SIGN_IN_AGAIN):
        response = aws.cognito().associate_software_token(Session=session)
    return result | {"session": response["Session"], "secret": response["SecretCode"]}


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
