"""Cognito's errors, translated into API errors. The messages never quote a value."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from common import user_names
from common.api.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    TooManyRequests,
    Unauthenticated,
)
from common.observability import logger

_CONSTANT_SECONDS = 0.5
"""Longer than Cognito takes to check a password, so that the time does not show what it checked."""

_WRONG = "Incorrect username or password."
"""Cognito's message for a wrong password."""

type _Translation = tuple[type[ApiError], str, list[str]]

_WRONG_CODE: _Translation = (Invalid, "the code is wrong or expired", ["code: wrong or expired"])

# Cognito uses the same error code for different reasons, which only the beginning of the message
# shows. Any other message gets the translation that reveals least.
_BY_MESSAGE: dict[str, _Translation] = {
    "User is disabled": (Forbidden, "this user is disabled", ["user: disabled"]),
    "Password attempts exceeded": (TooManyRequests, "too many attempts", []),
    "Temporary password has expired": (
        Forbidden,
        "the temporary password has expired; ask for a new one",
        ["user: password expired"],
    ),
    "SignUp is not permitted": (Forbidden, "only an administrator can create users here", []),
}

_BY_CODE: dict[str, _Translation] = {
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
        "the password must be reset first",
        ["user: password reset required"],
    ),
    "PasswordHistoryPolicyViolationException": (
        Invalid,
        "the password was used before",
        ["password: used before"],
    ),
    "SoftwareTokenMFANotFoundException": (
        Forbidden,
        "authenticator apps are not in use here",
        ["mfa: off"],
    ),
    "CodeDeliveryFailureException": (
        Invalid,
        "the code could not be sent",
        ["email: cannot be reached"],
    ),
    "TooManyRequestsException": (TooManyRequests, "too many requests", []),
    "TooManyFailedAttemptsException": (TooManyRequests, "too many attempts", []),
    "LimitExceededException": (TooManyRequests, "too many attempts", []),
}

# Cognito quotes the value that breaks a pattern or a length.
_QUOTED_VALUE = re.compile(r"Value '.*' at ", re.DOTALL)

# For a wrong code, these errors reveal whether the user exists.
_REVEALING = {
    "InvalidParameterException",
    "NotAuthorizedException",
    "UserNotConfirmedException",
    "UserNotFoundException",
}


def wrong_code() -> ApiError:
    """The error for a wrong code."""
    kind, message, details = _WRONG_CODE
    return kind(message, details)


@contextmanager
def translated(unauthorized: str) -> Iterator[None]:
    """Translate Cognito's errors. `unauthorized` is the message for invalid credentials."""
    try:
        yield
    except ClientError as error:
        raise _translation(error, unauthorized) from error


@contextmanager
def constant_time(*, only_failures: bool = False) -> Iterator[None]:
    """Take the same time whether the user exists or not. Successes may be faster if asked for."""
    start = time.monotonic()
    wait = not only_failures
    try:
        yield
    except ApiError:
        wait = True
        raise
    finally:
        if wait:
            time.sleep(max(0.0, start + _CONSTANT_SECONDS - time.monotonic()))


@contextmanager
def as_wrong_code() -> Iterator[None]:
    """Report an unknown, disabled or confirmed user as a wrong code, after the same time."""
    with constant_time(only_failures=True):
        try:
            with translated(""):
                yield
        except ApiError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and cause.response["Error"]["Code"] in _REVEALING:
                raise wrong_code() from error
            raise


@contextmanager
def as_new_password() -> Iterator[None]:
    """Report a wrong current password as `password`, and a bad new one as `newPassword`.

    A wrong password is not 401: the token is valid, and refreshing it would not help.
    """
    try:
        with translated("sign in again"):
            yield
    except Unauthenticated as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and cause.response["Error"].get("Message") == _WRONG:
            raise Invalid("the password is wrong", ["password: wrong"]) from error
        raise
    except Invalid as error:
        details = [each.replace("password: ", "newPassword: ", 1) for each in error.details]
        raise Invalid(str(error), details) from error


@contextmanager
def revealing_nothing() -> Iterator[None]:
    """Hide whether the user exists, also in the response time. Only rate limits are reported."""
    with constant_time():
        try:
            with translated(""):
                yield
        except (Forbidden, Invalid, Unauthenticated):
            logger.info("no code sent")


def _translation(error: ClientError, unauthorized: str) -> Exception:
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    match code:
        case "NotAuthorizedException" | "RefreshTokenReuseException" | "UserNotFoundException":
            known = (found for start, found in _BY_MESSAGE.items() if text.startswith(start))
            kind, message, details = next(known, (Unauthenticated, unauthorized, []))
        case "InvalidPasswordException":
            kind, message, details = Invalid, "the password is too weak", [f"password: {text}"]
        case "InvalidParameterException":
            problem = _QUOTED_VALUE.sub("Value at ", text)
            kind, message, details = Invalid, "Cognito rejected a value", [problem]
        case "UserLambdaValidationException" if refusal := user_names.refusal_in(text):
            kind, message, details = Invalid, "the request body is invalid", [refusal]
            if refusal == user_names.TOO_SIMILAR:
                kind, message = Conflict, "this name is taken"
        case code if code in _BY_CODE:
            kind, message, details = _BY_CODE[code]
        case _:
            return error
    return kind(message, details)
