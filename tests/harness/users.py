"""The `users` function with a stub of Cognito, and a clock that the tests move."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.stub import Stubber

from common import aws
from project import functions

PASSWORD = "Correct-Horse-7-Battery"  # of events/users
CLIENT = {"ClientId": "UserPoolClient"}
TOKENS = {
    "IdToken": "id",
    "AccessToken": "access",
    "RefreshToken": "refresh",
    "ExpiresIn": 3600,
    "TokenType": "Bearer",
}
WRONG_PASSWORD = ("NotAuthorizedException", "Incorrect username or password.")


class Clock:
    """The time, which only `time.sleep` advances: durations are exact, and no test waits."""

    def __init__(self) -> None:
        self.now = 1772366700.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of `time.monotonic` and `time.sleep`."""
    moved = Clock()
    monkeypatch.setattr(time, "sleep", moved.sleep)
    monkeypatch.setattr(time, "monotonic", moved.time)
    return moved


@contextmanager
def stubbed_cognito() -> Iterator[Stubber]:
    """A stub of the Cognito client: it returns the queued responses in order, each once."""
    aws.cognito.cache_clear()
    with Stubber(aws.cognito()) as stub:
        yield stub
    aws.cognito.cache_clear()


def ask(case: str, **changed: Any) -> tuple[int, Any]:
    """Send the event of a case, with changed body fields. Returns status and body."""
    event = functions.event("users", case)
    if changed:
        event["body"] = json.dumps(json.loads(event["body"]) | changed)
    return handle(event)


def handle(event: dict[str, Any]) -> tuple[int, Any]:
    """Send an event. Returns status and body."""
    response = functions.function("users").handler(event, functions.context("users"))
    return response["statusCode"], json.loads(response["body"])


def refuse(cognito: Stubber, operation: str, code: str, message: str = "") -> None:
    """Queue an error of Cognito."""
    cognito.add_client_error(operation, code, message, http_status_code=400)


def have_no_sessions(cognito: Stubber) -> None:
    """Let there be no sessions to end after a new password. `test_users_sign_out` has some."""
    refuse(cognito, "admin_get_user", "UserNotFoundException")
