"""The `users` function: its requests to Cognito, and its responses to Cognito's errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from common import aws
from project import functions
from tests.harness.observability import Log

PASSWORD = "Correct-Horse-7-Battery"
SESSION = "AYABeExampleSession0123456789"
CLIENT = {"ClientId": "UserPoolClient"}
TOKENS = {
    "IdToken": "id",
    "AccessToken": "access",
    "RefreshToken": "refresh",
    "ExpiresIn": 3600,
    "TokenType": "Bearer",
}
SECRETS = (PASSWORD, SESSION, "731904", "refresh-token")
WRONG_PASSWORD = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that only `time.sleep` advances: durations are exact, and the tests never wait."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now)


@pytest.fixture(autouse=True)
def cognito(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """A stub of the Cognito client: it returns the queued responses in order, each once."""
    for name, value in functions.environment("users").items():
        monkeypatch.setenv(name, value)
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
    response = functions.function("users").handler(event, functions.context("users"))
    return response["statusCode"], json.loads(response["body"])


def refuse(cognito: Stubber, operation: str, code: str, message: str = "") -> None:
    cognito.add_client_error(operation, code, message, http_status_code=400)


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


class TestRegister:
    def test_the_response_contains_the_username_to_confirm(self, cognito: Stubber) -> None:
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
    def test_an_email_address_without_a_name_is_always_the_same_user(
        self, cognito: Stubber, field: str
    ) -> None:
        """fault 45"""
        event = functions.event("users", "register")
        names: list[str] = []
        for address in ("ada@example.com", "Ada@Example.com"):
            event["body"] = json.dumps({field: address, "password": PASSWORD})
            cognito.add_response(
                "sign_up",
                {"UserSub": "7d8ca528", "UserConfirmed": False},
                {
                    **CLIENT,
                    "Username": ANY,
                    "Password": PASSWORD,
                    "UserAttributes": [{"Name": "email", "Value": address}],
                },
            )

            names.append(handle(event)[1]["username"])

        assert names[0] == names[1]
        assert "@" not in names[0]

    @pytest.mark.parametrize(
        "fields", [{}, {"username": "ada@example.com", "email": "bob@example.com"}]
    )
    def test_a_name_or_an_email_address_is_required(self, fields: dict[str, str]) -> None:
        body = json.dumps({"password": PASSWORD} | fields)

        status, _ = handle(functions.event("users", "register") | {"body": body})

        assert status == 400

    @pytest.mark.parametrize("code", ["UsernameExistsException", "AliasExistsException"])
    def test_an_existing_name_or_address_is_409(self, cognito: Stubber, code: str) -> None:
        """fault 45"""
        refuse(cognito, "sign_up", code)

        assert ask("register")[0] == 409

    def test_the_error_for_a_weak_password_says_what_is_missing(self, cognito: Stubber) -> None:
        """fault 44"""
        problem = "Password did not conform with policy: Password not long enough"
        refuse(cognito, "sign_up", "InvalidPasswordException", problem)

        status, body = ask("register", password="weak")

        assert status == 400
        assert body["details"] == [f"password: {problem}"]

    def test_registration_is_403_if_self_sign_up_is_off(self, cognito: Stubber) -> None:
        words = "SignUp is not permitted for this user pool"
        refuse(cognito, "sign_up", "NotAuthorizedException", words)

        assert ask("register")[0] == 403


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

    def test_an_internal_error_of_cognito_is_500(self, cognito: Stubber) -> None:
        refuse(cognito, "initiate_auth", "InternalErrorException")

        assert ask("sign_in")[0] == 500


class TestChallenge:
    def test_a_temporary_password_requires_a_new_one(self, cognito: Stubber) -> None:
        cognito.add_response(
            "initiate_auth",
            {
                "ChallengeName": "NEW_PASSWORD_REQUIRED",
                "Session": SESSION,
                "ChallengeParameters": {"USER_ID_FOR_SRP": "ada", "userAttributes": "{}"},
            },
        )

        status, body = ask("sign_in", username="ada@example.com")

        assert status == 200
        assert body == {
            "challenge": "NEW_PASSWORD_REQUIRED",
            "session": SESSION,
            "username": "ada",
        }

    @pytest.mark.parametrize(
        ("case", "challenge", "responses"),
        [
            ("new_password", "NEW_PASSWORD_REQUIRED", {"NEW_PASSWORD": PASSWORD}),
            ("mfa_code", "SOFTWARE_TOKEN_MFA", {"SOFTWARE_TOKEN_MFA_CODE": "731904"}),
        ],
    )
    def test_the_correct_challenge_response_returns_tokens(
        self, cognito: Stubber, case: str, challenge: str, responses: dict[str, str]
    ) -> None:
        cognito.add_response(
            "respond_to_auth_challenge",
            {"AuthenticationResult": TOKENS},
            {
                **CLIENT,
                "ChallengeName": challenge,
                "Session": SESSION,
                "ChallengeResponses": {"USERNAME": "ada", **responses},
            },
        )

        status, body = ask(case)

        assert status == 200
        assert body["accessToken"] == "access"

    def test_a_sign_in_starts_authenticator_set_up_if_the_pool_requires_mfa(
        self, cognito: Stubber
    ) -> None:
        first = "the-first-session-of-several"
        cognito.add_response("initiate_auth", {"ChallengeName": "MFA_SETUP", "Session": first})
        cognito.add_response(
            "associate_software_token",
            {"SecretCode": "JBSWY3DPEHPK3PXP", "Session": SESSION},
            {"Session": first},
        )

        status, body = ask("sign_in")

        assert status == 200
        assert body == {
            "challenge": "MFA_SETUP",
            "session": SESSION,
            "username": "ada",
            "secret": "JBSWY3DPEHPK3PXP",
        }

    def test_the_first_code_of_an_authenticator_returns_tokens(self, cognito: Stubber) -> None:
        last = "the-last-session-of-several"
        cognito.add_response(
            "verify_software_token",
            {"Status": "SUCCESS", "Session": last},
            {"Session": SESSION, "UserCode": "731904"},
        )
        cognito.add_response(
            "respond_to_auth_challenge",
            {"AuthenticationResult": TOKENS},
            {
                **CLIENT,
                "ChallengeName": "MFA_SETUP",
                "Session": last,
                "ChallengeResponses": {"USERNAME": "ada"},
            },
        )

        assert ask("mfa_first_code")[0] == 200

    def test_a_replayed_session_requires_a_new_sign_in(self, cognito: Stubber) -> None:
        """fault 44"""
        words = "Invalid session for the user, session can only be used once."
        refuse(cognito, "respond_to_auth_challenge", "NotAuthorizedException", words)

        status, body = ask("new_password")

        assert status == 401
        assert body["message"] == "sign in again"

    def test_a_wrong_code_is_400(self, cognito: Stubber) -> None:
        refuse(cognito, "respond_to_auth_challenge", "CodeMismatchException")

        assert ask("mfa_code")[0] == 400

    def test_a_response_to_another_challenge_is_refused(self) -> None:
        status, body = ask("mfa_code", challenge="NEW_PASSWORD_REQUIRED")

        assert status == 400
        assert body["details"] == ["newPassword: missing, for NEW_PASSWORD_REQUIRED"]


class TestCodes:
    def test_the_correct_code_confirms_the_user(self, cognito: Stubber) -> None:
        expected = {**CLIENT, "Username": "ada", "ConfirmationCode": "731904"}
        cognito.add_response("confirm_sign_up", {}, expected)

        assert ask("confirm") == (200, {"confirmed": True})

    def test_the_correct_code_resets_the_password(self, cognito: Stubber) -> None:
        expected = {
            **CLIENT,
            "Username": "ada",
            "ConfirmationCode": "731904",
            "Password": PASSWORD,
        }
        cognito.add_response("confirm_forgot_password", {}, expected)

        assert ask("reset_password") == (200, {"reset": True})

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


class TestSession:
    def test_a_refresh_token_returns_tokens_and_stays_valid(self, cognito: Stubber) -> None:
        fresh = {name: value for name, value in TOKENS.items() if name != "RefreshToken"}
        cognito.add_response("initiate_auth", {"AuthenticationResult": fresh})

        status, body = ask("refresh")

        assert status == 200
        assert body["refreshToken"] == "refresh-token"

    def test_a_revoked_refresh_token_is_401(self, cognito: Stubber) -> None:
        words = "Refresh Token has been revoked"
        refuse(cognito, "initiate_auth", "NotAuthorizedException", words)

        assert ask("refresh")[0] == 401

    def test_sign_out_ends_the_sessions_of_all_devices(self, cognito: Stubber) -> None:
        cognito.add_response("global_sign_out", {}, {"AccessToken": "access-token"})

        assert ask("sign_out") == (200, {"signedOut": True})

    def test_sign_out_requires_a_token(self) -> None:
        event = functions.event("users", "sign_out")
        del event["headers"]["Authorization"], event["multiValueHeaders"]["Authorization"]

        assert handle(event)[0] == 401

    def test_users_read_their_own_profile(self, cognito: Stubber) -> None:
        cognito.add_response(
            "get_user",
            {
                "Username": "ada",
                "UserAttributes": [
                    {"Name": "email", "Value": "ada@example.com"},
                    {"Name": "email_verified", "Value": "true"},
                ],
            },
            {"AccessToken": "access-token"},
        )

        status, body = ask("show_self")

        assert status == 200
        assert body == {
            "sub": "7d8ca528-4931-4254-9273-ea5ee853f271",
            "username": "ada",
            "groups": ["customers", "staff"],
            "email": "ada@example.com",
            "emailVerified": True,
            "mfa": False,
        }

    def test_a_revoked_access_token_is_401(self, cognito: Stubber) -> None:
        refuse(cognito, "get_user", "NotAuthorizedException", "Access Token has been revoked")

        assert ask("show_self")[0] == 401

    def test_the_profile_of_another_issuers_user_comes_from_the_token(self) -> None:
        status, body = ask("show_self_of_another_issuer")

        assert status == 200
        assert body == {"sub": "auth0|ada", "username": "ada", "groups": ["staff"]}

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
        assert ask(case) == (200, {"sub": sub, "username": name, "groups": []})

    def test_users_set_up_an_authenticator_and_turn_mfa_on(self, cognito: Stubber) -> None:
        token = {"AccessToken": "access-token"}
        secret = {"SecretCode": "JBSWY3DPEHPK3PXP"}
        preferred = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
        cognito.add_response("associate_software_token", secret, token)
        cognito.add_response(
            "verify_software_token", {"Status": "SUCCESS"}, {**token, "UserCode": "731904"}
        )
        cognito.add_response("set_user_mfa_preference", {}, token | preferred)

        set_up = ask("set_up_mfa")
        turned_on = ask("turn_mfa_on")

        assert set_up == (200, {"secret": "JBSWY3DPEHPK3PXP"})
        assert turned_on == (200, {"mfa": True})


@pytest.mark.parametrize(
    ("case", "operation"),
    [
        ("register", "sign_up"),
        ("sign_in", "initiate_auth"),
        ("new_password", "respond_to_auth_challenge"),
        ("reset_password", "confirm_forgot_password"),
        ("refresh", "initiate_auth"),
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
