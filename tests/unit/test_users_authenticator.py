"""The `users` function: setting up an authenticator app, replacing it, and turning it off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from project.fake_aws import tables
from tests.harness.users import (
    CLIENT,
    PASSWORD,
    TOKENS,
    WRONG_PASSWORD,
    ask,
    clock,  # noqa: F401  # used by every test
    refuse,
    stubbed_cognito,
)

TOKEN = {"AccessToken": "access-token"}
SESSION = "A-session-of-Cognito"
SECRET = {"SecretCode": "JBSWY3DPEHPK3PXP"}
SET_UP = (200, {"secret": "JBSWY3DPEHPK3PXP"})


@pytest.fixture(autouse=True)
def cognito() -> Iterator[Stubber]:
    with tables("IdempotencyTable"), stubbed_cognito() as stub:
        yield stub
        stub.assert_no_pending_responses()


def signed_in(cognito: Stubber, *, mfa: bool) -> None:
    """Describe the user of the access token."""
    user: dict[str, Any] = {"Username": "ada", "UserAttributes": []}
    if mfa:
        user["UserMFASettingList"] = ["SOFTWARE_TOKEN_MFA"]
    cognito.add_response("get_user", user, TOKEN)


def replace_with_a_wrong_password(cognito: Stubber) -> tuple[int, Any]:
    signed_in(cognito, mfa=True)
    refuse(cognito, "initiate_auth", *WRONG_PASSWORD)
    return ask("replace_mfa")


def test_users_set_up_an_authenticator_and_turn_mfa_on(cognito: Stubber) -> None:
    preferred = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    signed_in(cognito, mfa=False)
    cognito.add_response("associate_software_token", SECRET, TOKEN)
    cognito.add_response(
        "verify_software_token", {"Status": "SUCCESS"}, {**TOKEN, "UserCode": "731904"}
    )
    cognito.add_response("set_user_mfa_preference", {}, TOKEN | preferred)

    set_up = ask("set_up_mfa")
    turned_on = ask("turn_mfa_on")

    assert set_up == SET_UP
    assert turned_on == (200, {"mfa": True})


def test_a_user_pool_without_authenticators_says_so(cognito: Stubber) -> None:
    signed_in(cognito, mfa=False)
    refuse(cognito, "associate_software_token", "SoftwareTokenMFANotFoundException")

    status, body = ask("set_up_mfa")

    assert (status, body["details"]) == (403, ["mfa: off"])


def test_a_token_alone_does_not_replace_an_authenticator(cognito: Stubber) -> None:
    """fault 58"""
    signed_in(cognito, mfa=True)

    status, body = ask("set_up_mfa")

    assert status == 400
    assert body["details"] == ["password: missing, to replace an authenticator app"]


@pytest.mark.parametrize(
    "answer",
    [
        {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": SESSION},
        {"AuthenticationResult": TOKENS},
    ],
)
def test_the_password_replaces_an_authenticator(cognito: Stubber, answer: dict[str, Any]) -> None:
    signed_in(cognito, mfa=True)
    parameters = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    expected = {**CLIENT, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    cognito.add_response("initiate_auth", answer, expected)
    cognito.add_response("associate_software_token", SECRET, TOKEN)

    assert ask("replace_mfa") == SET_UP


def test_a_wrong_password_does_not_replace_an_authenticator(cognito: Stubber) -> None:
    """fault 58: and it is not a 401, after which clients refresh the token and try again."""
    status, body = replace_with_a_wrong_password(cognito)

    assert (status, body["details"]) == (400, ["password: wrong"])


def test_wrong_passwords_for_a_replacement_are_limited(cognito: Stubber) -> None:
    """fault 58"""
    for _ in range(5):
        replace_with_a_wrong_password(cognito)
    signed_in(cognito, mfa=True)

    assert ask("replace_mfa")[0] == 429


def test_cognitos_own_limit_of_passwords_is_429(cognito: Stubber) -> None:
    signed_in(cognito, mfa=True)
    refuse(cognito, "initiate_auth", "NotAuthorizedException", "Password attempts exceeded")

    assert ask("replace_mfa")[0] == 429


def test_a_token_that_was_signed_out_sets_nothing_up(cognito: Stubber) -> None:
    refuse(cognito, "get_user", "NotAuthorizedException", "Access Token has been revoked")

    assert ask("replace_mfa")[0] == 401


@pytest.mark.parametrize("code", ["EnableSoftwareTokenMFAException", "CodeMismatchException"])
def test_a_wrong_first_code_does_not_turn_mfa_on(cognito: Stubber, code: str) -> None:
    refuse(cognito, "verify_software_token", code)

    status, body = ask("turn_mfa_on")

    assert (status, body["details"]) == (400, ["code: wrong or expired"])


@pytest.mark.parametrize("code", ["1", "12345"])
def test_a_first_code_that_is_too_short_is_wrong(code: str) -> None:
    """botocore itself refuses to send it."""
    status, body = ask("turn_mfa_on", code=code)

    assert (status, body["details"]) == (400, ["code: wrong or expired"])


def test_a_first_code_that_cognito_refuses_without_an_error_does_not_turn_mfa_on(
    cognito: Stubber,
) -> None:
    cognito.add_response("verify_software_token", {"Status": "ERROR"})

    assert ask("turn_mfa_on")[0] == 400


def test_the_password_turns_an_authenticator_off(cognito: Stubber) -> None:
    off = {"SoftwareTokenMfaSettings": {"Enabled": False, "PreferredMfa": False}}
    signed_in(cognito, mfa=True)
    cognito.add_response(
        "initiate_auth", {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": SESSION}
    )
    cognito.add_response("set_user_mfa_preference", {}, TOKEN | off)

    assert ask("turn_mfa_off") == (200, {"mfa": False})


def test_a_token_alone_does_not_turn_an_authenticator_off(cognito: Stubber) -> None:
    """fault 58"""
    signed_in(cognito, mfa=True)
    refuse(cognito, "initiate_auth", *WRONG_PASSWORD)

    status, body = ask("turn_mfa_off")

    assert (status, body["details"]) == (400, ["password: wrong"])
