"""Failed sign-ins: the user is locked out for a while."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ministack.services import cognito

from . import sessions
from .rules import Handler, Request, Response, User, body, refused, rule, user_of

# Guide, "Lockout behavior for failed sign-in attempts": after n failures, 2^(n-5) seconds.
_FREE = 5
_LONGEST = 15 * 60

_FAILED = ("NotAuthorizedException", "CodeMismatchException")


@dataclass
class _Failures:
    count: int = 0
    locked_until: float = 0
    last: float = 0


@rule("InitiateAuth", "AdminInitiateAuth", *sessions.RESPONDING)
def failed_sign_ins_lock_the_user_out(request: Request, proceed: Handler) -> Response:
    """Passwords and codes count. Attempts during a lockout are refused, and do not count.

    The count ends with a sign-in, or with 15 minutes without an attempt.
    """
    user = _user(request)
    if user is None:
        return proceed(request)
    failures: _Failures = user.setdefault("_failures", _Failures())
    now = time.time()
    if now - failures.last > _LONGEST:
        failures.count = 0
    failures.last = now
    if now < failures.locked_until:
        return refused("NotAuthorizedException", "Password attempts exceeded")
    response = proceed(request)
    answer = body(response)
    if "AuthenticationResult" in answer:
        failures.count = 0
    elif answer.get("__type") == "CodeMismatchException" or (
        answer.get("message") == "Incorrect username or password."
    ):
        failures.count += 1
        if failures.count >= _FREE:
            failures.locked_until = now + min(2 ** (failures.count - _FREE), _LONGEST)
    return response


def _user(request: Request) -> User | None:
    """The user who signs in. The session of SRP names the user, whatever the client sends."""
    if request.get("AuthFlow") in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"):
        return None
    answers = request.get("ChallengeResponses", {})
    session = cognito._challenge_sessions.get(answers.get("PASSWORD_CLAIM_SECRET_BLOCK"))
    if session is None:
        return user_of(request)
    user: User | None = cognito._resolve_user(
        cognito._user_pools.get(session["pool_id"]), session["username"]
    )[0]
    return user
