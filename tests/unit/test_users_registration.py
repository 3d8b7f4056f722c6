"""The `users` function: who gets a name and an address, and from when on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from project import functions
from project.fake_aws import tables
from tests.harness.users import (
    CLIENT,
    PASSWORD,
    ask,
    clock,  # noqa: F401  # used by every test
    handle,
    refuse,
    stubbed_cognito,
)

UNCONFIRMED = {"UserSub": "7d8ca528", "UserConfirmed": False}
ADA = {"UserPoolId": "UserPool", "Username": "ada"}


@pytest.fixture(autouse=True)
def cognito() -> Iterator[Stubber]:
    with tables("IdempotencyTable"), stubbed_cognito() as stub:
        yield stub
        stub.assert_no_pending_responses()


def existing_user(cognito: Stubber, *, age: timedelta, **changed: Any) -> None:
    """Let Cognito refuse the name, and describe the user who has it."""
    refuse(cognito, "sign_up", "UsernameExistsException")
    user = {
        "Username": "ada",
        "UserStatus": "UNCONFIRMED",
        "Enabled": True,
        "UserCreateDate": datetime.now(UTC) - age,
        "UserLastModifiedDate": datetime.now(UTC),
    }
    cognito.add_response("admin_get_user", user | changed, ADA)


def test_the_response_contains_the_username_to_confirm(cognito: Stubber) -> None:
    cognito.add_response(
        "sign_up",
        {"UserSub": "7d8ca528", "UserConfirmed": False},
        {
            **CLIENT,
            "Username": "ada",
            "Password": PASSWORD,
            "UserAttributes": [{"Name": "email", "Value": "ada@example.com"}],
        },
    )

    status, body = ask("register")

    assert status == 201
    assert body == {"sub": "7d8ca528", "username": "ada", "confirmed": False}


@pytest.mark.parametrize("field", ["username", "email"])
def test_the_name_of_a_user_without_one_does_not_follow_from_the_address(
    cognito: Stubber, field: str
) -> None:
    """fault 56"""
    body = json.dumps({field: "ada@example.com", "password": PASSWORD})
    names: list[str] = []
    for _ in range(2):
        cognito.add_response(
            "sign_up",
            UNCONFIRMED,
            {
                **CLIENT,
                "Username": ANY,
                "Password": PASSWORD,
                "UserAttributes": [{"Name": "email", "Value": "ada@example.com"}],
            },
        )

        names.append(handle(functions.event("users", "register") | {"body": body})[1]["username"])

    assert names[0] != names[1]
    assert {uuid.UUID(name).version for name in names} == {4}


@pytest.mark.parametrize(
    "fields", [{}, {"username": "ada@example.com", "email": "bob@example.com"}]
)
def test_a_name_or_an_email_address_is_required(fields: dict[str, str]) -> None:
    body = json.dumps({"password": PASSWORD} | fields)

    status, _ = handle(functions.event("users", "register") | {"body": body})

    assert status == 400


def test_a_name_of_a_confirmed_user_is_taken_for_ever(cognito: Stubber) -> None:
    """fault 45"""
    existing_user(cognito, age=timedelta(days=900), UserStatus="CONFIRMED")

    status, body = ask("register")

    assert (status, body["details"]) == (409, ["username: taken"])


def test_a_name_of_an_unconfirmed_user_is_taken_while_the_code_is_valid(cognito: Stubber) -> None:
    """fault 56"""
    existing_user(cognito, age=timedelta(hours=23))

    assert ask("register")[0] == 409


def test_a_name_that_was_not_confirmed_in_time_is_free(cognito: Stubber) -> None:
    """fault 56"""
    existing_user(cognito, age=timedelta(hours=25))
    cognito.add_response("admin_delete_user", {}, ADA)
    cognito.add_response("sign_up", UNCONFIRMED)

    assert ask("register")[0] == 201


def test_a_name_that_an_administrator_has_blocked_stays_taken(cognito: Stubber) -> None:
    existing_user(cognito, age=timedelta(days=900), Enabled=False)

    assert ask("register")[0] == 409


def test_of_two_registrations_of_a_free_name_the_slower_one_is_409(cognito: Stubber) -> None:
    refuse(cognito, "sign_up", "UsernameExistsException")
    refuse(cognito, "admin_get_user", "UserNotFoundException")
    refuse(cognito, "sign_up", "UsernameExistsException")

    assert ask("register")[0] == 409


def test_registering_a_confirmed_address_of_somebody_else_looks_like_any_registration(
    cognito: Stubber,
) -> None:
    """fault 56"""
    cognito.add_response("sign_up", UNCONFIRMED)
    refuse(cognito, "sign_up", "AliasExistsException")

    free, taken = ask("register"), ask("register")

    assert (free[0], taken[0]) == (201, 201)
    assert free[1].keys() == taken[1].keys()
    assert {**free[1], "sub": ""} == {**taken[1], "sub": ""}


def test_an_address_can_be_confirmed_by_one_user_only(cognito: Stubber) -> None:
    """fault 56"""
    refuse(cognito, "confirm_sign_up", "AliasExistsException")

    status, body = ask("confirm")

    assert (status, body["details"]) == (409, ["email: taken"])


@pytest.mark.parametrize(
    ("case", "operation"),
    [("confirm", "confirm_sign_up"), ("resend_code", "resend_confirmation_code")],
)
def test_no_name_is_made_from_an_unconfirmed_address(
    cognito: Stubber, case: str, operation: str
) -> None:
    """fault 56: Cognito knows no user by an address that is not confirmed."""
    expected = {**CLIENT, "Username": "ada@example.com"}
    if case == "confirm":
        expected["ConfirmationCode"] = "731904"
    cognito.add_response(operation, {}, expected)

    ask(case, username="ada@example.com")


def test_the_error_for_a_weak_password_says_what_is_missing(cognito: Stubber) -> None:
    """fault 44"""
    problem = "Password did not conform with policy: Password not long enough"
    refuse(cognito, "sign_up", "InvalidPasswordException", problem)

    status, body = ask("register", password="weak")

    assert status == 400
    assert body["details"] == [f"password: {problem}"]


def test_registration_is_403_if_self_sign_up_is_off(cognito: Stubber) -> None:
    words = "SignUp is not permitted for this user pool"
    refuse(cognito, "sign_up", "NotAuthorizedException", words)

    assert ask("register")[0] == 403
