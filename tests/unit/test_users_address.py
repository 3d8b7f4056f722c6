"""PUT /users/email and POST /users/email/confirm: a new address, which replaces the old one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from project import functions
from project.fake_aws import items, tables
from tests.harness.observability import Log
from tests.harness.users import (
    CLIENT,
    PASSWORD,
    TOKENS,
    WRONG_PASSWORD,
    Clock,
    ask,
    clock,  # noqa: F401  # used by every test
    handle,
    refuse,
    stubbed_cognito,
)

TOKEN = {"AccessToken": "access-token"}
OLD, NEW = "ada@example.com", "ada@new.example"
UPDATE = {**TOKEN, "UserAttributes": [{"Name": "email", "Value": NEW}]}
VERIFY = {**TOKEN, "AttributeName": "email", "Code": "731904"}
DELIVERY = {"Destination": "a***@n***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
SENT = (202, {"message": "if this address can be used, a code was sent to it"})


@pytest.fixture(autouse=True)
def cognito() -> Iterator[Stubber]:
    with tables("IdempotencyTable"), stubbed_cognito() as stub:
        yield stub
        stub.assert_no_pending_responses()


def signed_in(cognito: Stubber, email: str = OLD, verified: str = "true") -> None:
    """Let the access token be Ada's, who has this address."""
    attributes = {"email": email, "email_verified": verified} if email else {}
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    cognito.add_response("get_user", {"Username": "ada", "UserAttributes": listed}, TOKEN)


def knows_the_password(cognito: Stubber, answer: dict[str, Any] | None = None) -> None:
    """Let Cognito accept the password, which it is asked about without the token."""
    cognito.add_response(
        "initiate_auth",
        answer or {"AuthenticationResult": TOKENS},
        {
            **CLIENT,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": "ada", "PASSWORD": PASSWORD},
        },
    )


def is_sent(cognito: Stubber) -> None:
    """Let Cognito send a code to the new address."""
    cognito.add_response("update_user_attributes", {"CodeDeliveryDetailsList": [DELIVERY]}, UPDATE)


@pytest.mark.parametrize("old", [OLD, ""])
def test_the_password_sends_a_code_to_the_new_address(cognito: Stubber, old: str) -> None:
    """fault 125. A user without an address adds one."""
    signed_in(cognito, old)
    knows_the_password(cognito)
    is_sent(cognito)

    assert ask("change_email") == SENT


def test_the_password_is_enough_with_an_authenticator_too(cognito: Stubber) -> None:
    """It can also turn the authenticator off."""
    signed_in(cognito)
    knows_the_password(cognito, {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "x" * 20})
    is_sent(cognito)

    assert ask("change_email") == SENT


def test_a_token_without_the_password_changes_no_address(cognito: Stubber) -> None:
    """fault 126"""
    signed_in(cognito)
    refuse(cognito, "initiate_auth", *WRONG_PASSWORD)

    status, body = ask("change_email")

    assert (status, body["details"]) == (400, ["password: wrong"])


def test_passwords_are_guessed_five_times(cognito: Stubber) -> None:
    """fault 126"""
    for _ in range(5):
        signed_in(cognito)
        refuse(cognito, "initiate_auth", *WRONG_PASSWORD)
        assert ask("change_email")[0] == 400
    signed_in(cognito)

    assert ask("change_email")[0] == 429


@pytest.mark.parametrize("case", ["change_email", "confirm_email"])
def test_a_token_that_was_signed_out_changes_nothing(cognito: Stubber, case: str) -> None:
    """fault 126"""
    operation = {"change_email": "get_user", "confirm_email": "verify_user_attribute"}[case]
    refuse(cognito, operation, "NotAuthorizedException", "Access Token has been revoked")

    assert ask(case)[0] == 401


@pytest.mark.parametrize("code", ["AliasExistsException", "CodeDeliveryFailureException"])
def test_nobody_learns_who_has_an_address_without_getting_its_emails(
    cognito: Stubber,
    clock: Clock,  # noqa: F811
    code: str,
) -> None:
    """fault 126. Cognito may tell it before it sends a code."""
    signed_in(cognito)
    knows_the_password(cognito)
    is_sent(cognito)
    before = clock.now
    free = ask("change_email")
    between = clock.now
    signed_in(cognito)
    knows_the_password(cognito)
    refuse(cognito, "update_user_attributes", code, f"{NEW} belongs to somebody")

    taken = ask("change_email")

    assert taken == free == SENT
    assert clock.now - between == between - before


@pytest.mark.parametrize("same", [OLD, OLD.upper()])
def test_the_present_address_is_refused(cognito: Stubber, same: str) -> None:
    """fault 125"""
    signed_in(cognito)
    knows_the_password(cognito)

    status, body = ask("change_email", email=same)

    assert (status, body["details"]) == (400, ["email: unchanged"])


@pytest.mark.parametrize("now", [OLD, NEW])
def test_a_code_for_an_address_that_cognito_knows_is_requested(cognito: Stubber, now: str) -> None:
    """It is the present one, which was never confirmed, or the same one as a moment ago."""
    signed_in(cognito, now, "false")
    knows_the_password(cognito)
    cognito.add_response("update_user_attributes", {}, UPDATE)
    again = {**TOKEN, "AttributeName": "email"}
    cognito.add_response("get_user_attribute_verification_code", {}, again)

    assert ask("change_email") == SENT


@pytest.mark.parametrize(
    ("code", "words", "status"),
    [
        ("InvalidParameterException", "Invalid email address format.", 400),
        ("TooManyRequestsException", "", 429),
        ("LimitExceededException", "", 429),
        ("InternalErrorException", "", 500),
    ],
)
def test_other_reasons_why_no_code_is_sent_are_told(
    cognito: Stubber, code: str, words: str, status: int
) -> None:
    signed_in(cognito)
    knows_the_password(cognito)
    refuse(cognito, "update_user_attributes", code, words)

    assert ask("change_email")[0] == status


def test_the_code_replaces_the_address(cognito: Stubber) -> None:
    """fault 125"""
    cognito.add_response("verify_user_attribute", {}, VERIFY)

    assert ask("confirm_email") == (200, {"changed": True})


@pytest.mark.parametrize(
    ("code", "status", "details"),
    [
        ("CodeMismatchException", 400, ["code: wrong or expired"]),
        ("ExpiredCodeException", 400, ["code: wrong or expired"]),
        ("AliasExistsException", 409, ["email: taken"]),
        ("LimitExceededException", 429, []),
        ("TooManyRequestsException", 429, []),
    ],
)
def test_a_refused_code_says_why(
    cognito: Stubber, code: str, status: int, details: list[str]
) -> None:
    """fault 125"""
    refuse(cognito, "verify_user_attribute", code)

    actual, body = ask("confirm_email")

    assert (actual, body["details"]) == (status, details)


@pytest.mark.parametrize(
    ("case", "limit", "operation"),
    [
        ("change_email", "CODES_PER_HOUR", "get_user"),
        ("confirm_email", "SIGN_INS_PER_HOUR", "verify_user_attribute"),
    ],
)
def test_a_source_address_that_exceeds_the_limit_does_not_reach_cognito(
    cognito: Stubber, monkeypatch: pytest.MonkeyPatch, case: str, limit: str, operation: str
) -> None:
    """fault 73"""
    monkeypatch.setenv(limit, "1")
    refuse(cognito, operation, "TooManyRequestsException")
    ask(case)

    assert ask(case)[0] == 429


@pytest.mark.parametrize("case", ["change_email", "confirm_email"])
def test_an_incomplete_request_is_not_counted(case: str) -> None:
    assert handle(functions.event("users", case) | {"body": "{}"})[0] == 400
    assert items("IdempotencyTable") == []


@pytest.mark.parametrize("code", ["AliasExistsException", "InternalErrorException"])
def test_no_log_contains_an_address_or_a_secret(cognito: Stubber, log: Log, code: str) -> None:
    signed_in(cognito)
    knows_the_password(cognito)
    refuse(cognito, "update_user_attributes", code)
    refuse(cognito, "verify_user_attribute", "InternalErrorException")

    ask("change_email")
    ask("confirm_email")

    text = log.text.getvalue()
    assert "InternalErrorException" in text
    assert not any(secret in text for secret in (OLD, NEW, PASSWORD, "731904", "access-token"))
