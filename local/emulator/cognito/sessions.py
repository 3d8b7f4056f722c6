"""Sessions: each belongs to one user and one challenge, is answered once, and expires."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from ministack.services import cognito

from .rules import Handler, Request, Response, User, body, is_success, pool_of, refused, rule

_password_auth_result = cognito._password_auth_result

RESPONDING = ("RespondToAuthChallenge", "AdminRespondToAuthChallenge")
CHALLENGES = ("NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP")
_MINUTES = 3
"""API, CreateUserPoolClient: the default of AuthSessionValidity."""


@dataclass
class Session:
    """An open challenge of a user. `secret` is that of the authenticator app to be set up."""

    client: str
    username: str
    challenge: str
    expires: float
    is_used: bool = False
    secret: str = ""
    is_verified: bool = False


_sessions: dict[str, Session] = {}
_claims = threading.Lock()


class Refused(Exception):
    """The session does not allow the request. `args` are Cognito's error code and message."""


def opened(session: Session) -> str:
    """The token of a new session."""
    token = base64.b64encode(secrets.token_bytes(32)).decode()
    _sessions[token] = session
    return token


def claimed(token: str | None, challenge: str) -> Session:
    """The open session of this challenge, which nobody else can claim. Raises Refused.

    A session that was claimed for a request that fails must be released.
    """
    if not token:
        raise Refused("InvalidParameterException", "Missing required parameter Session")
    with _claims:
        session = _sessions.get(token)
        if session is None or session.challenge != challenge:
            raise Refused("NotAuthorizedException", "Invalid session for the user.")
        if session.is_used:
            raise Refused(
                "NotAuthorizedException",
                "Invalid session for the user, session can only be used once.",
            )
        if time.time() > session.expires:
            raise Refused(
                "NotAuthorizedException", "Invalid session for the user, session is expired."
            )
        session.is_used = True
    return session


@rule(*RESPONDING)
def a_session_is_answered_once_by_its_own_user(request: Request, proceed: Handler) -> Response:
    """A wrong answer leaves the session open.

    API, RespondToAuthChallenge: USERNAME is the user's name and not an alias.
    """
    challenge = request.get("ChallengeName")
    if challenge not in CHALLENGES:
        return proceed(request)
    name = request.get("ChallengeResponses", {}).get("USERNAME", "")
    user = cognito._resolve_user(pool_of(request), name)[0] if name else None
    try:
        session = claimed(request.get("Session"), challenge)
    except Refused as refusal:
        return refused(*refusal.args)
    is_own = user is not None and session.username == user["Username"] and "@" not in name
    is_ready = challenge != "MFA_SETUP" or session.is_verified
    response = (
        proceed(request)
        if is_own and is_ready and session.client == request.get("ClientId")
        else refused("NotAuthorizedException", "Invalid session for the user.")
    )
    session.is_used = is_success(response)
    return response


@rule(*RESPONDING)
def a_new_password_satisfies_the_policy_and_the_second_factor_follows(
    request: Request, proceed: Handler
) -> Response:
    """Guide, "Authentication flows": challenges follow until the user has satisfied them all."""
    if request.get("ChallengeName") != "NEW_PASSWORD_REQUIRED":
        return proceed(request)
    pool, answers = pool_of(request), request["ChallengeResponses"]
    if "NEW_PASSWORD" not in answers:
        return refused("InvalidParameterException", "Missing required parameter NEW_PASSWORD")
    if weak := cognito._validate_password(pool, answers["NEW_PASSWORD"]):
        return weak
    response = proceed(request)
    if not is_success(response):
        return response
    user = cognito._resolve_user(pool, answers["USERNAME"])[0]
    client = request["ClientId"]
    if cognito._mfa_challenge_for_user(pool, user, pool["Id"], user["Username"]) is None:
        return response
    return password_auth_result(pool, pool["Id"], client, user, user["Username"])


def password_auth_result(
    pool: Any, pool_id: str, client: str, user: User, _name: str, *rest: Any, **named: Any
) -> Response:
    """Record the session of the challenge that follows the password.

    API, InitiateAuth: USER_ID_FOR_SRP is the user's name, also if an alias has signed in.
    """
    response = _password_auth_result(pool, pool_id, client, user, user["Username"], *rest, **named)
    answer = body(response)
    if "Session" in answer:
        minutes = int(pool["_clients"][client].get("AuthSessionValidity") or _MINUTES)
        expires = time.time() + 60 * minutes
        session = Session(client, user["Username"], answer["ChallengeName"], expires)
        _sessions[answer["Session"]] = session
    return response


cognito._password_auth_result = password_auth_result
