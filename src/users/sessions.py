"""A user's sessions: sign in, answer challenges, refresh, sign out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refusals import evenly, in_our_words

from common import aws
from common.api.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRONG_PASSWORD = "the user name or the password is wrong"  # noqa: S105
_SIGN_IN_AGAIN = "sign in again"


def sign_in(username: str, password: str) -> dict[str, Any]:
    """Tokens or a challenge. Raises Unauthenticated, of an unknown name as of a wrong password."""
    with evenly(refusals_only=True), in_our_words(_WRONG_PASSWORD):
        answer = aws.cognito().initiate_auth(
            ClientId=_client(),
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
    return _outcome(answer, username)


def answer(body: Mapping[str, str]) -> dict[str, Any]:
    """Tokens or the next challenge. Raises Unauthenticated for a session that is over."""
    challenge, session = body["challenge"], body["session"]
    field, response = _RESPONSES[challenge]
    if field not in body:
        raise Invalid("the body is wrong", [f"{field}: missing, for {challenge}"])
    if challenge == "MFA_SETUP":
        with in_our_words(_SIGN_IN_AGAIN):
            session = aws.cognito().verify_software_token(Session=session, UserCode=body[field])[
                "Session"
            ]
    with in_our_words(_SIGN_IN_AGAIN):
        answer = aws.cognito().respond_to_auth_challenge(
            ClientId=_client(),
            ChallengeName=challenge,  # type: ignore[arg-type]  # the schema lists them
            Session=session,
            ChallengeResponses={"USERNAME": body["username"]}
            | ({response: body[field]} if response else {}),
        )
    return _outcome(answer, body["username"])


def refresh(refresh_token: str) -> dict[str, Any]:
    """New tokens, and the refresh token again. Raises Unauthenticated when that is over."""
    with in_our_words(_SIGN_IN_AGAIN):
        answer = aws.cognito().initiate_auth(
            ClientId=_client(),
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": refresh_token},
        )
    return _tokens({"RefreshToken": refresh_token, **answer["AuthenticationResult"]})


def sign_out(access_token: str) -> None:
    """End every session of the token's user: no refresh token gives tokens any more."""
    with in_our_words(_SIGN_IN_AGAIN):
        aws.cognito().global_sign_out(AccessToken=access_token)


def authenticator_secret(access_token: str) -> dict[str, str]:
    """A new TOTP secret of a user who has signed in."""
    with in_our_words(_SIGN_IN_AGAIN):
        made = aws.cognito().associate_software_token(AccessToken=access_token)
    return {"secret": made["SecretCode"]}


def turn_mfa_on(access_token: str, code: str) -> None:
    """Ask this user for a code from now on. Raises Invalid for a code not of their secret."""
    with in_our_words(_SIGN_IN_AGAIN):
        aws.cognito().verify_software_token(AccessToken=access_token, UserCode=code)
        aws.cognito().set_user_mfa_preference(
            AccessToken=access_token,
            SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
        )


# The field of our body, and the name that Cognito has for it among a challenge's responses.
_RESPONSES = {
    "NEW_PASSWORD_REQUIRED": ("newPassword", "NEW_PASSWORD"),
    "SOFTWARE_TOKEN_MFA": ("code", "SOFTWARE_TOKEN_MFA_CODE"),
    "MFA_SETUP": ("code", None),  # has been verified by then
}


def _outcome(answer: Mapping[str, Any], username: str) -> dict[str, Any]:
    if "AuthenticationResult" in answer:
        return _tokens(answer["AuthenticationResult"])
    challenge, session = answer["ChallengeName"], answer["Session"]
    # Whoever signed in by an address answers by the name behind it.
    name = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", username)
    asked = {"challenge": challenge, "session": session, "username": name}
    if challenge != "MFA_SETUP":
        return asked
    with in_our_words(_SIGN_IN_AGAIN):
        made = aws.cognito().associate_software_token(Session=session)
    return asked | {"session": made["Session"], "secret": made["SecretCode"]}


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
