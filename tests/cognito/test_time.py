"""Rules of Cognito that take seconds to weeks, kept by the emulator.

tests/e2e/test_cognito.py tests the others. "Guide" is the Amazon Cognito developer guide, "API" the
Amazon Cognito user pools API reference.
"""

from __future__ import annotations

import jwt
import pytest

from tests.cognito.conftest import PASSWORD, Account, Refused
from tests.e2e.test_users import NEW_PASSWORD

pytestmark = pytest.mark.xdist_group("cognito")

WRONG_PASSWORD = "NotAuthorizedException: Incorrect username or password."
EXCEEDED = "NotAuthorizedException: Password attempts exceeded"
WRONG_APP_CODE = "CodeMismatchException: Invalid code received for user"
EXPIRED_CODE = "ExpiredCodeException: Invalid code provided, please request a code again."
LIMIT = "LimitExceededException: Attempt limit exceeded, please try after some time."


def refusal(account: Account, password: str = PASSWORD) -> str:
    """Return the code and the message of the error that a sign-in gets."""
    with pytest.raises(Refused) as error:
        account.sign_in(password)
    return str(error.value)


def fail(account: Account, times: int) -> None:
    """Sign in with a wrong password, and wait until the lockout is over."""
    for _ in range(times):
        assert refusal(account, "wrong") == WRONG_PASSWORD
        account.wait(minutes=14.9)


@pytest.mark.parametrize(("failures", "seconds"), [(5, 1), (6, 2), (10, 32), (14, 512)])
def test_each_failed_sign_in_after_the_fifth_doubles_the_lockout(
    account: Account, failures: int, seconds: int
) -> None:
    """Guide, "Lockout behavior for failed sign-in attempts": 2^(n-5) seconds."""
    fail(account, failures - 1)

    assert refusal(account, "wrong") == WRONG_PASSWORD
    account.wait(seconds=seconds * 0.5)
    assert refusal(account) == EXCEEDED
    account.wait(seconds=seconds * 0.6)
    assert "AuthenticationResult" in account.sign_in()


def test_a_lockout_takes_at_most_15_minutes(account: Account) -> None:
    """Guide, "Lockout behavior for failed sign-in attempts"."""
    fail(account, 14)

    assert refusal(account, "wrong") == WRONG_PASSWORD
    account.wait(minutes=14)
    assert refusal(account) == EXCEEDED
    account.wait(minutes=1.1)
    assert "AuthenticationResult" in account.sign_in()


def test_a_sign_in_ends_the_count_of_failures(account: Account) -> None:
    """Guide, "Lockout behavior for failed sign-in attempts"."""
    fail(account, 4)
    account.sign_in()

    assert refusal(account, "wrong") == WRONG_PASSWORD
    assert "AuthenticationResult" in account.sign_in()


def test_15_minutes_without_an_attempt_end_the_count_of_failures(account: Account) -> None:
    """Guide, "Lockout behavior for failed sign-in attempts"."""
    fail(account, 4)
    account.wait(minutes=1)

    assert refusal(account, "wrong") == WRONG_PASSWORD
    assert "AuthenticationResult" in account.sign_in()


def test_wrong_codes_of_an_app_lock_the_user_out_too(account: Account) -> None:
    """Guide, "Adding MFA to a user pool": after five codes, as after five passwords."""
    account.set_up_app()
    challenge = account.sign_in()

    for _ in range(5):
        with pytest.raises(Refused, match=WRONG_APP_CODE):
            account.answer(challenge, "000000")

    with pytest.raises(Refused, match=EXCEEDED):
        account.answer(challenge, "000000")
    assert refusal(account) == EXCEEDED


def test_a_session_expires_after_three_minutes(account: Account) -> None:
    """API, CreateUserPoolClient: the default of AuthSessionValidity."""
    secret = account.set_up_app()
    in_time, late = account.sign_in(), account.sign_in()

    account.wait(minutes=2.9)
    account.answer(in_time, account.app_code(secret))
    account.wait(minutes=0.5)

    with pytest.raises(Refused, match="Invalid session for the user, session is expired"):
        account.answer(late, account.app_code(secret))


def test_an_apps_code_does_not_stay_valid(account: Account) -> None:
    """RFC 6238, section 5.2: few steps around the present one are accepted."""
    secret = account.set_up_app()
    challenge = account.sign_in()
    code = account.app_code(secret, after=30)

    account.wait(minutes=2)

    with pytest.raises(Refused, match=WRONG_APP_CODE):
        account.answer(challenge, code)
    account.answer(challenge, account.app_code(secret))


def test_the_code_for_a_new_user_is_valid_for_a_day(account: Account) -> None:
    """Guide, "Quotas in Amazon Cognito": sign-up confirmation codes."""
    name = f"new-{account.name}"
    attributes = [{"Name": "email", "Value": f"{name}@example.com"}]
    account.ask("SignUp", Username=name, Password=PASSWORD, UserAttributes=attributes)
    account.wait(hours=24.1)
    late = account.refusal("ConfirmSignUp", Username=name, ConfirmationCode=account.mailed_code())
    account.ask("ResendConfirmationCode", Username=name)
    account.wait(hours=23.9)

    account.ask("ConfirmSignUp", Username=name, ConfirmationCode=account.mailed_code())

    assert late == EXPIRED_CODE


def test_the_code_for_a_new_password_is_valid_for_an_hour(account: Account) -> None:
    """Guide, "Quotas in Amazon Cognito": codes for a forgotten password."""
    reset = {"Username": account.name, "Password": NEW_PASSWORD}
    account.ask("ForgotPassword", Username=account.name)
    account.wait(hours=1.1)

    code = account.mailed_code()

    assert account.refusal("ConfirmForgotPassword", **reset, ConfirmationCode=code) == EXPIRED_CODE


def test_codes_can_be_guessed_again_after_an_hour(account: Account) -> None:
    """Guide, "Recovering user accounts": at least five attempts per hour."""
    reset = {"Username": account.name, "Password": NEW_PASSWORD}
    account.ask("ForgotPassword", Username=account.name)
    guesses = [
        account.refusal("ConfirmForgotPassword", **reset, ConfirmationCode="wrong!")
        for _ in range(6)
    ]
    account.wait(hours=1.1)
    account.ask("ForgotPassword", Username=account.name)

    account.ask("ConfirmForgotPassword", **reset, ConfirmationCode=account.mailed_code())

    assert guesses[5] == LIMIT
    assert "AuthenticationResult" in account.sign_in(NEW_PASSWORD)


def test_codes_can_be_requested_again_after_an_hour(account: Account) -> None:
    """Guide, "Recovering user accounts": at least five attempts per hour."""
    for _ in range(5):
        account.ask("ForgotPassword", Username=account.name)

    assert account.refusal("ForgotPassword", Username=account.name) == LIMIT
    account.wait(hours=1.1)
    account.ask("ForgotPassword", Username=account.name)


def test_a_refresh_does_not_change_when_the_user_signed_in(account: Account) -> None:
    """Guide, "Understanding the identity (ID) token": auth_time is the time of authentication."""
    first = account.sign_in()["AuthenticationResult"]
    account.wait(minutes=30)

    second = account.refresh(first["RefreshToken"])["AuthenticationResult"]

    for kind in ("IdToken", "AccessToken"):
        old, new = claims(first[kind]), claims(second[kind])
        kept = ("auth_time", "event_id", "origin_jti", "sub")
        assert [new[each] for each in kept] == [old[each] for each in kept]
        assert new["iat"] >= old["iat"] + 1800
        assert new["jti"] != old["jti"]


def test_a_refresh_token_expires_after_30_days(account: Account) -> None:
    """Guide, "Refresh tokens"; the days are the template's parameter."""
    token = account.sign_in()["AuthenticationResult"]["RefreshToken"]

    account.wait(days=29.9)
    account.refresh(token)
    account.wait(days=0.2)

    with pytest.raises(Refused, match="NotAuthorizedException: Refresh Token has expired"):
        account.refresh(token)


def test_an_access_token_expires_after_an_hour(account: Account) -> None:
    """Guide, "Understanding the access token"; the minutes are the template's parameter."""
    token = account.sign_in()["AuthenticationResult"]["AccessToken"]

    account.wait(hours=1.1)

    expired = "NotAuthorizedException: Access Token has expired"
    assert account.refusal("GetUser", AccessToken=token) == expired


def claims(token: str) -> dict[str, int]:
    """Return the claims of a token that need not be verified here."""
    decoded: dict[str, int] = jwt.decode(token, options={"verify_signature": False})
    return decoded
