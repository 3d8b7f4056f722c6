"""Codes that are sent by email: they are random, expire, and can be guessed only a few times."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import cognito

from .rules import Handler, Pool, Request, Response, User, is_success, refused, rule, user_of

_send_verification_email = cognito._send_verification_email

_HOUR = 3600
_VALIDITY = {"email": 24 * _HOUR, "password": _HOUR}
"""Seconds by purpose. Guide, "Quotas in Amazon Cognito": sign-up 24 hours, forgotten password 1."""

_ATTEMPTS_PER_HOUR = 5
"""Guide, "Recovering user accounts": between 5 and 20 requests or entries of a code per hour."""


@dataclass(frozen=True)
class Code:
    """A code and the time at which it expires."""

    value: str
    expires: float


def issue(user: User, purpose: str) -> str:
    """A new code, which replaces an earlier one for the same purpose."""
    code = f"{secrets.randbelow(10**6):06d}"
    issued = Code(code, time.time() + _VALIDITY[purpose])
    user.setdefault("_codes", {})[purpose] = issued
    return code


def checked(user: User, purpose: str, code: str, use: Callable[[], Response]) -> Response:
    """The response of `use` for the right code, which then no longer works.

    API, ConfirmForgotPassword: ExpiredCodeException, CodeMismatchException, LimitExceededException.
    """
    issued: Code | None = user.get("_codes", {}).get(purpose)
    if issued is None or time.time() > issued.expires:
        return refused(
            "ExpiredCodeException", "Invalid code provided, please request a code again."
        )

    def compare() -> Response:
        if not secrets.compare_digest(issued.value.encode(), code.encode(errors="replace")):
            return refused(
                "CodeMismatchException", "Invalid verification code provided, please try again."
            )
        response = use()
        if is_success(response):
            user["_codes"].pop(purpose, None)
        return response

    return _limited(user, f"enter a code for {purpose}", compare, counts=_is_mismatch)


@rule("ConfirmSignUp")
def a_user_is_confirmed_once(request: Request, proceed: Handler) -> Response:
    """The code confirms a user who is not confirmed yet."""
    user = user_of(request)
    if user is None:
        return proceed(request)
    if user["UserStatus"] != "UNCONFIRMED":
        return refused(
            "NotAuthorizedException",
            f"User cannot be confirmed. Current status is {user['UserStatus']}",
        )
    return checked(user, "email", request["ConfirmationCode"], lambda: proceed(request))


@rule("ConfirmForgotPassword")
def a_reset_needs_the_code(request: Request, proceed: Handler) -> Response:
    """A weak new password leaves the code valid."""
    user = user_of(request)
    if user is None:
        return proceed(request)
    return checked(user, "password", request["ConfirmationCode"], lambda: proceed(request))


@rule("ResendConfirmationCode")
def a_confirmed_user_needs_no_code(request: Request, proceed: Handler) -> Response:
    """A code is sent again only to a user who is not confirmed."""
    user = user_of(request)
    if user and user["UserStatus"] == "CONFIRMED":
        return refused("InvalidParameterException", "User is already confirmed.")
    return proceed(request)


@rule("ForgotPassword", "ResendConfirmationCode")
def codes_are_requested_a_few_times_an_hour(request: Request, proceed: Handler) -> Response:
    """Further requests are LimitExceededException, and send nothing."""
    user = user_of(request)
    if user is None:
        return proceed(request)
    return _limited(user, "request a code", lambda: proceed(request), counts=is_success)


@rule("ChangePassword")
def a_password_is_guessed_a_few_times_an_hour(request: Request, proceed: Handler) -> Response:
    """API, ChangePassword: LimitExceededException. AWS does not document after how many."""
    user = user_of(request)
    if user is None:
        return proceed(request)
    return _limited(
        user, "change the password", lambda: proceed(request), counts=lambda r: not is_success(r)
    )


def send_verification_email(
    pool: Pool, username: str, attributes: dict[str, str], _code: str, attribute_name: str = "email"
) -> Any:
    """Send a random code. The emulator's own codes are always the same."""
    user, _ = cognito._resolve_user(pool, username)
    code = issue(user, attribute_name)
    return _send_verification_email(pool, username, attributes, code, attribute_name)


def _limited(
    user: User,
    action: str,
    attempt: Callable[[], Response],
    counts: Callable[[Response], bool],
) -> Response:
    """The response of an attempt, unless the user has used up those of the last hour."""
    attempts: list[float] = user.setdefault("_attempts", {}).setdefault(action, [])
    attempts[:] = [each for each in attempts if each > time.time() - _HOUR]
    if len(attempts) >= _ATTEMPTS_PER_HOUR:
        return refused(
            "LimitExceededException", "Attempt limit exceeded, please try after some time."
        )
    response = attempt()
    if counts(response):
        attempts.append(time.time())
    return response


def _is_mismatch(response: Response) -> bool:
    return b"CodeMismatchException" in response[2]


cognito._send_verification_email = send_verification_email
# The rules above check the codes instead.
cognito._confirmation_code_error = lambda _action, _request: None
