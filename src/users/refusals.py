"""What Cognito refuses, in our words: the errors of `common.api.errors`, and nothing of a value."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from common.api.errors import (
    Conflict,
    Forbidden,
    Invalid,
    StorefrontError,
    TooManyRequests,
    Unauthenticated,
)
from common.observability import logger

_EVEN_SECONDS = 0.5
"""Longer than Cognito takes to look at a password, so that what it looked at cannot be told."""

type _Words = tuple[type[StorefrontError], str, list[str]]

_WRONG_CODE: _Words = (Invalid, "the code is wrong or expired", ["code: wrong or expired"])

# Cognito has one error for many refusals and tells them apart in words only. Words that are
# not listed here get the answer that says least.
_BY_WORDS: dict[str, _Words] = {
    "User is disabled": (Forbidden, "this user is disabled", ["user: disabled"]),
    "Password attempts exceeded": (TooManyRequests, "too many attempts; wait some minutes", []),
    "Temporary password has expired": (
        Forbidden,
        "the temporary password has expired; ask for a new one",
        ["user: password expired"],
    ),
    "SignUp is not permitted": (Forbidden, "users are made by an administrator here", []),
}

_BY_CODE: dict[str, _Words] = {
    "CodeMismatchException": _WRONG_CODE,
    "ExpiredCodeException": _WRONG_CODE,
    "EnableSoftwareTokenMFAException": _WRONG_CODE,
    "UsernameExistsException": (Conflict, "this name is taken", ["username: taken"]),
    "AliasExistsException": (Conflict, "this address is taken", ["email: taken"]),
    "UserNotConfirmedException": (
        Forbidden,
        "this user is not confirmed yet; send the code first",
        ["user: unconfirmed"],
    ),
    "PasswordResetRequiredException": (
        Forbidden,
        "the password has to be reset first",
        ["user: password reset required"],
    ),
    "PasswordHistoryPolicyViolationException": (
        Invalid,
        "the password was used before",
        ["password: used before"],
    ),
    "CodeDeliveryFailureException": (
        Invalid,
        "the code could not be sent",
        ["email: cannot be reached"],
    ),
    "TooManyRequestsException": (TooManyRequests, "too many requests; wait a moment", []),
    "TooManyFailedAttemptsException": (TooManyRequests, "too many attempts; wait some minutes", []),
    "LimitExceededException": (TooManyRequests, "too many attempts; wait some minutes", []),
}


# Which of these comes, with a code that is wrong, tells whether there is such a user.
_TELLING = {
    "InvalidParameterException",
    "NotAuthorizedException",
    "UserNotConfirmedException",
    "UserNotFoundException",
}


@contextmanager
def in_our_words(unauthorized: str) -> Iterator[None]:
    """Turn Cognito's refusals into ours; `unauthorized` is said where the proof is not good."""
    try:
        yield
    except ClientError as error:
        raise _ours(error, unauthorized) from error


@contextmanager
def evenly(*, refusals_only: bool = False) -> Iterator[None]:
    """Take as long for a name that is known as for one that is not."""
    start = time.monotonic()
    even = not refusals_only
    try:
        yield
    except Unauthenticated:
        even = True
        raise
    finally:
        if even:
            time.sleep(max(0.0, start + _EVEN_SECONDS - time.monotonic()))


@contextmanager
def by_code() -> Iterator[None]:
    """A name that is unknown, disabled or long confirmed is a wrong code, no more."""
    try:
        with in_our_words(""):
            yield
    except StorefrontError as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and cause.response["Error"]["Code"] in _TELLING:
            kind, message, details = _WRONG_CODE
            raise kind(message, details) from error
        raise


@contextmanager
def tacitly() -> Iterator[None]:
    """Say nothing of the user, in words or in time: only that one asks too often."""
    with evenly():
        try:
            with in_our_words(""):
                yield
        except (Forbidden, Invalid, Unauthenticated):
            logger.info("no code sent")


def _ours(error: ClientError, unauthorized: str) -> Exception:
    code, words = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    match code:
        case "NotAuthorizedException" | "UserNotFoundException":
            known = (ours for start, ours in _BY_WORDS.items() if words.startswith(start))
            kind, message, details = next(known, (Unauthenticated, unauthorized, []))
        case "InvalidPasswordException":
            kind, message, details = Invalid, "the password is too weak", [f"password: {words}"]
        case "InvalidParameterException":
            kind, message, details = Invalid, "Cognito refuses a value", [words]
        case code if code in _BY_CODE:
            kind, message, details = _BY_CODE[code]
        case _:
            return error
    return kind(message, details)
