"""The `users` function: its requests to Cognito, and its responses to Cognito's errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from project import functions
from project.fake_aws import tables
from tests.harness.edge import stack
from tests.harness.observability import Log
from tests.harness.users import (
    CLIENT,
    PASSWORD,
    TOKENS,
    WRONG_PASSWORD,
    ask,
    clock,  # noqa: F401  # used by every test
    handle,
    refuse,
    stubbed_cognito,
)

SECRETS = (PASSWORD, "Another-Horse-8-Battery", "731904", "refresh-token")


@pytest.fixture(autouse=True)
def cognito() -> Iterator[Stubber]:
    with tables("IdempotencyTable"), stubbed_cognito() as stub:
        yield stub


def seconds(call: Callable[[], object]) -> float:
    """Return how long the call takes."""
    start = time.monotonic()
    call()
    return time.monotonic() - start


def take_longer_for_a_known_user(cognito: Stubber) -> None:
    """Make Cognito slower for Ada, because it has to look up an existing user."""

    def delay(params: dict[str, Any], **_: Any) -> None:
        if "'ada'" in str(params):
            time.sleep(0.3)

    cognito.client.meta.events.register("before-parameter-build", delay)
    ask("sign_in", password=None)  # the first call is slower, which would hide the difference


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            ({"username": "ada"}, "password: missing"),
            ({"username": 5, "password": PASSWORD}, "username: must be string"),
            ({"username": "ada", "password": PASSWORD, "role": "staff"}, "role: unknown field"),
        ],
    )
    def test_the_error_for_an_invalid_body_names_the_field(
        self, body: dict[str, Any], detail: str
    ) -> None:
        status, error = handle(functions.event("users", "sign_in") | {"body": json.dumps(body)})

        assert status == 400
        assert error["details"] == [detail]

    @pytest.mark.parametrize("body", [None, "", "{", "[]", '"ada"', "[" * 100_000])
    def test_a_body_that_is_not_a_json_object_is_refused(self, body: str | None) -> None:
        assert handle(functions.event("users", "sign_in") | {"body": body})[0] == 400

    def test_an_error_does_not_contain_the_password(self) -> None:
        status, body = ask("sign_in", password=PASSWORD * 20)

        assert status == 400
        assert PASSWORD not in json.dumps(body)


class TestSignIn:
    def test_the_correct_password_returns_tokens(self, cognito: Stubber) -> None:
        cognito.add_response(
            "initiate_auth",
            {"AuthenticationResult": TOKENS},
            {
                **CLIENT,
                "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": {"USERNAME": "ada", "PASSWORD": PASSWORD},
            },
        )

        status, body = ask("sign_in")

        assert status == 200
        assert body == {
            "idToken": "id",
            "accessToken": "access",
            "refreshToken": "refresh",
            "expiresIn": 3600,
            "tokenType": "Bearer",
        }

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            WRONG_PASSWORD,
            ("UserNotFoundException", "User does not exist."),
            ("NotAuthorizedException", "A message that Cognito has never sent before."),
        ],
    )
    def test_an_unknown_name_gets_the_same_response_as_a_wrong_password(
        self, cognito: Stubber, code: str, words: str
    ) -> None:
        """fault 44"""
        refuse(cognito, "initiate_auth", *WRONG_PASSWORD)
        refuse(cognito, "initiate_auth", code, words)

        wrong = ask("sign_in")
        unknown = ask("sign_in", username="nobody")

        assert wrong == unknown
        assert wrong[0] == 401

    def test_an_unknown_name_takes_as_long_as_a_wrong_password(self, cognito: Stubber) -> None:
        """fault 44"""
        take_longer_for_a_known_user(cognito)
        refuse(cognito, "initiate_auth", *WRONG_PASSWORD)
        refuse(cognito, "initiate_auth", *WRONG_PASSWORD)

        unknown = seconds(lambda: ask("sign_in", username="nobody"))
        wrong = seconds(lambda: ask("sign_in"))

        assert unknown == pytest.approx(wrong)

    @pytest.mark.parametrize(
        ("code", "words", "status", "details"),
        [
            ("UserNotConfirmedException", "", 403, ["user: unconfirmed"]),
            ("NotAuthorizedException", "User is disabled.", 403, ["user: disabled"]),
            ("PasswordResetRequiredException", "", 403, ["user: password reset required"]),
            (
                "NotAuthorizedException",
                "Temporary password has expired and must be reset by an administrator.",
                403,
                ["user: password expired"],
            ),
            ("NotAuthorizedException", "Password attempts exceeded", 429, []),
            ("TooManyRequestsException", "Rate exceeded", 429, []),
            ("LimitExceededException", "Attempt limit exceeded", 429, []),
        ],
    )
    def test_other_reasons_for_a_refused_sign_in_are_explained(
        self, cognito: Stubber, code: str, words: str, status: int, details: list[str]
    ) -> None:
        """fault 44"""
        refuse(cognito, "initiate_auth", code, words)

        actual_status, body = ask("sign_in")

        assert actual_status == status
        assert body["details"] == details

    def test_an_error_does_not_contain_the_value_that_cognito_quotes(
        self, cognito: Stubber
    ) -> None:
        words = (
            "1 validation error detected: Value 'a b' at 'username' failed to satisfy constraint"
        )
        refuse(cognito, "initiate_auth", "InvalidParameterException", words)

        status, body = ask("sign_in")

        assert status == 400
        problem = "1 validation error detected: Value at 'username' failed to satisfy constraint"
        assert body["details"] == [problem]

    def test_an_internal_error_of_cognito_is_500(self, cognito: Stubber) -> None:
        refuse(cognito, "initiate_auth", "InternalErrorException")

        assert ask("sign_in")[0] == 500


class TestCodes:
    def test_the_correct_code_confirms_the_user(self, cognito: Stubber) -> None:
        expected = {**CLIENT, "Username": "ada", "ConfirmationCode": "731904"}
        cognito.add_response("confirm_sign_up", {}, expected)

        assert ask("confirm") == (200, {"confirmed": True})

    @pytest.mark.parametrize(
        ("case", "operation"),
        [("confirm", "confirm_sign_up"), ("reset_password", "confirm_forgot_password")],
    )
    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("CodeMismatchException", ""),
            ("ExpiredCodeException", ""),
            ("UserNotFoundException", "Username/client id combination not found."),
            ("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"),
            ("NotAuthorizedException", "User is disabled."),
            ("InvalidParameterException", "There is no registered/verified email"),
        ],
    )
    def test_errors_for_a_code_do_not_reveal_whether_the_user_exists(
        self, cognito: Stubber, case: str, operation: str, code: str, words: str
    ) -> None:
        """fault 44"""
        refuse(cognito, operation, code, words)

        status, body = ask(case)

        assert status == 400
        assert body["details"] == ["code: wrong or expired"]

    @pytest.mark.parametrize(
        ("case", "operation"),
        [("confirm", "confirm_sign_up"), ("reset_password", "confirm_forgot_password")],
    )
    def test_a_wrong_code_takes_as_long_for_an_unknown_user(
        self, cognito: Stubber, case: str, operation: str
    ) -> None:
        """fault 44"""
        take_longer_for_a_known_user(cognito)
        refuse(cognito, operation, "CodeMismatchException")
        refuse(cognito, operation, "UserNotFoundException")

        known = seconds(lambda: ask(case))
        unknown = seconds(lambda: ask(case, username="nobody"))

        assert known == pytest.approx(unknown)

    @pytest.mark.parametrize("code", ["TooManyFailedAttemptsException", "LimitExceededException"])
    @pytest.mark.parametrize(
        ("case", "operation"),
        [("confirm", "confirm_sign_up"), ("reset_password", "confirm_forgot_password")],
    )
    def test_many_wrong_codes_are_429(
        self, cognito: Stubber, case: str, operation: str, code: str
    ) -> None:
        """fault 58"""
        refuse(cognito, operation, code)

        assert ask(case)[0] == 429

    @pytest.mark.parametrize(
        ("case", "operation"),
        [("forgot_password", "forgot_password"), ("resend_code", "resend_confirmation_code")],
    )
    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("UserNotFoundException", "Username/client id combination not found."),
            ("InvalidParameterException", "User is already confirmed."),
            ("NotAuthorizedException", "User is disabled."),
            ("UserNotConfirmedException", ""),
        ],
    )
    def test_requesting_a_code_does_not_reveal_whether_the_user_exists(
        self, cognito: Stubber, case: str, operation: str, code: str, words: str
    ) -> None:
        """fault 44"""
        take_longer_for_a_known_user(cognito)
        sent = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
        cognito.add_response(operation, sent, {**CLIENT, "Username": "ada"})
        refuse(cognito, operation, code, words)
        responses: list[Any] = []

        known = seconds(lambda: responses.append(ask(case)))
        unknown = seconds(lambda: responses.append(ask(case, username="nobody")))

        assert responses[0] == responses[1]
        assert responses[0][0] == 202
        assert known == pytest.approx(unknown)

    def test_the_error_for_a_weak_new_password_names_the_password(self, cognito: Stubber) -> None:
        """fault 44"""
        refuse(cognito, "confirm_forgot_password", "InvalidPasswordException", "too short")

        status, body = ask("reset_password")

        assert (status, body["details"]) == (400, ["password: too short"])

    def test_too_many_requests_for_a_code_are_429(self, cognito: Stubber) -> None:
        refuse(cognito, "forgot_password", "LimitExceededException")

        assert ask("forgot_password")[0] == 429


class TestChangePassword:
    def test_a_wrong_password_is_400_because_the_token_is_valid(self, cognito: Stubber) -> None:
        refuse(cognito, "change_password", *WRONG_PASSWORD)

        status, body = ask("change_password")

        assert (status, body["details"]) == (400, ["password: wrong"])

    def test_a_revoked_token_requires_a_new_sign_in(self, cognito: Stubber) -> None:
        words = "Access Token has been revoked"
        refuse(cognito, "change_password", "NotAuthorizedException", words)

        assert ask("change_password")[0] == 401

    @pytest.mark.parametrize(
        ("code", "words", "detail"),
        [
            ("InvalidPasswordException", "too short", "newPassword: too short"),
            ("PasswordHistoryPolicyViolationException", "", "newPassword: used before"),
        ],
    )
    def test_the_error_for_a_bad_new_password_names_it(
        self, cognito: Stubber, code: str, words: str, detail: str
    ) -> None:
        refuse(cognito, "change_password", code, words)

        status, body = ask("change_password")

        assert (status, body["details"]) == (400, [detail])

    def test_too_many_attempts_are_429(self, cognito: Stubber) -> None:
        refuse(cognito, "change_password", "LimitExceededException")

        assert ask("change_password")[0] == 429


class TestSession:
    def test_a_refresh_returns_a_new_refresh_token(self, cognito: Stubber) -> None:
        cognito.add_response(
            "get_tokens_from_refresh_token",
            {"AuthenticationResult": TOKENS},
            {**CLIENT, "RefreshToken": "refresh-token"},
        )

        status, body = ask("refresh")

        assert status == 200
        assert body["refreshToken"] == "refresh"

    def test_without_rotation_a_refresh_token_stays_valid(self, cognito: Stubber) -> None:
        fresh = {name: value for name, value in TOKENS.items() if name != "RefreshToken"}
        cognito.add_response("get_tokens_from_refresh_token", {"AuthenticationResult": fresh})

        status, body = ask("refresh")

        assert status == 200
        assert body["refreshToken"] == "refresh-token"

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("NotAuthorizedException", "Refresh Token has been revoked"),
            ("RefreshTokenReuseException", "Refresh Token was already used"),
        ],
    )
    def test_a_revoked_or_replaced_refresh_token_is_401(
        self, cognito: Stubber, code: str, words: str
    ) -> None:
        refuse(cognito, "get_tokens_from_refresh_token", code, words)

        assert ask("refresh")[0] == 401

    def test_the_id_token_describes_the_caller_without_a_call_to_cognito(self) -> None:
        assert ask("show_self") == (
            200,
            {
                "sub": "7d8ca528-4931-4254-9273-ea5ee853f271",
                "username": "ada",
                "groups": ["customers", "staff"],
                "email": "ada@example.com",
                "emailVerified": True,
            },
        )

    def test_an_address_that_is_not_confirmed_is_not_verified(self) -> None:
        event = functions.event("users", "show_self")
        event["requestContext"]["authorizer"]["claims"]["email_verified"] = "false"

        assert handle(event)[1]["emailVerified"] is False

    @pytest.mark.parametrize(
        ("case", "sub", "groups"),
        [
            (
                "show_self_with_scopes",
                "7d8ca528-4931-4254-9273-ea5ee853f271",
                ["customers", "staff"],
            ),
            ("show_self_of_another_issuer", "auth0|ada", ["staff"]),
        ],
    )
    def test_an_access_token_does_not_tell_the_address(
        self, case: str, sub: str, groups: list[str]
    ) -> None:
        status, body = ask(case)

        assert status == 200
        assert body == {
            "sub": sub,
            "username": "ada",
            "groups": groups,
            "email": None,
            "emailVerified": None,
        }

    @pytest.mark.parametrize("apps", [[], ["SOFTWARE_TOKEN_MFA"]])
    def test_users_see_whether_an_authenticator_is_on(
        self, cognito: Stubber, apps: list[str]
    ) -> None:
        found = {"Username": "ada", "UserAttributes": [], "UserMFASettingList": apps}
        cognito.add_response("get_user", found, {"AccessToken": "access-token"})

        assert ask("show_mfa") == (200, {"mfa": apps != []})

    def test_a_revoked_access_token_is_401(self, cognito: Stubber) -> None:
        refuse(cognito, "get_user", "NotAuthorizedException", "Access Token has been revoked")

        assert ask("show_mfa")[0] == 401

    @pytest.mark.parametrize("mode", ["Jwt", "AWS_IAM"])
    @pytest.mark.parametrize(
        "case",
        ["sign_out", "show_mfa", "set_up_mfa", "turn_mfa_on", "change_email", "confirm_email"],
    )
    def test_an_api_with_other_callers_gives_no_access_to_accounts(
        self, monkeypatch: pytest.MonkeyPatch, mode: str, case: str
    ) -> None:
        """fault 11"""
        deployed = stack(ApiAuthorizer=mode)
        users = deployed.resources("AWS::Lambda::Function")["UsersFunction"]
        setting = users["Environment"]["Variables"]["ACCOUNT_ROUTES"]
        monkeypatch.setenv("ACCOUNT_ROUTES", deployed.resolve(setting))

        status, body = ask(case)

        assert status == 403
        assert body["message"] == "this API does not manage the accounts of its callers"

    @pytest.mark.parametrize(
        ("case", "sub", "name"),
        [
            ("show_self_of_a_role", "AROAIOSFODNN7EXAMPLE1:nightly@import", "nightly@import"),
            (
                "show_self_of_an_identity_pool",
                "us-east-1:11111111-2222-3333-4444-555555555555",
                "CognitoIdentityCredentials",
            ),
        ],
    )
    def test_the_profile_of_a_signer_is_its_identity(self, case: str, sub: str, name: str) -> None:
        assert ask(case) == (
            200,
            {"sub": sub, "username": name, "groups": [], "email": None, "emailVerified": None},
        )


@pytest.mark.parametrize(
    ("case", "operation"),
    [
        ("register", "sign_up"),
        ("sign_in", "initiate_auth"),
        ("reset_password", "confirm_forgot_password"),
        ("change_password", "change_password"),
        ("refresh", "get_tokens_from_refresh_token"),
    ],
)
@pytest.mark.parametrize("code", ["NotAuthorizedException", "InternalErrorException"])
def test_logs_contain_no_secrets(
    cognito: Stubber,
    log: Log,
    case: str,
    operation: str,
    code: str,
) -> None:
    refuse(cognito, operation, code)

    ask(case)

    is_server_error = code == "InternalErrorException"
    assert (code in log.text.getvalue()) == is_server_error
    assert not any(secret in log.text.getvalue() for secret in SECRETS)
