"""users: what it asks of Cognito, and in whose words it answers what Cognito refuses."""

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
    """Time passes only while somebody sleeps, so that durations are exact and nobody waits."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now)


@pytest.fixture(autouse=True)
def cognito(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Cognito as botocore sees it: says what it is told to, once, in order."""
    for name, value in functions.environment("users").items():
        monkeypatch.setenv(name, value)
    aws.cognito.cache_clear()
    with Stubber(aws.cognito()) as stub:
        yield stub
    aws.cognito.cache_clear()


def answer(case: str, **changed: Any) -> tuple[int, Any]:
    """The status and the body for an event, with fields of its body changed."""
    event = functions.event("users", case)
    if changed:
        event["body"] = json.dumps(json.loads(event["body"]) | changed)
    return handle(event)


def handle(event: dict[str, Any]) -> tuple[int, Any]:
    answered = functions.function("users").handler(event, functions.context("users"))
    return answered["statusCode"], json.loads(answered["body"])


def refuse(cognito: Stubber, operation: str, code: str, words: str = "") -> None:
    cognito.add_client_error(operation, code, words, http_status_code=400)


def seconds(call: Callable[[], object]) -> float:
    """How long it took."""
    start = time.monotonic()
    call()
    return time.monotonic() - start


def take_longer_for_a_known_user(cognito: Stubber) -> None:
    """Let Cognito take its time over Ada, as it does where there is something to look at."""

    def look(params: dict[str, Any], **_: Any) -> None:
        if "'ada'" in str(params):
            time.sleep(0.3)

    cognito.client.meta.events.register("before-parameter-build", look)
    answer("sign_in", password=None)  # what a first call takes would hide it


class TestRegister:
    def test_a_new_user_is_told_the_name_to_confirm(self, cognito: Stubber) -> None:
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

        status, body = answer("register")

        assert status == 201
        assert body == {"sub": "7d8ca528", "username": "ada", "confirmed": False}

    @pytest.mark.parametrize("field", ["username", "email"])
    def test_an_address_alone_is_always_the_same_user(self, cognito: Stubber, field: str) -> None:
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
    def test_a_user_needs_a_name_or_an_address(self, fields: dict[str, str]) -> None:
        body = json.dumps({"password": PASSWORD} | fields)

        status, _ = handle(functions.event("users", "register") | {"body": body})

        assert status == 400

    @pytest.mark.parametrize("code", ["UsernameExistsException", "AliasExistsException"])
    def test_a_registered_name_is_taken(self, cognito: Stubber, code: str) -> None:
        """fault 45"""
        refuse(cognito, "sign_up", code)

        assert answer("register")[0] == 409

    def test_a_weak_password_is_told_what_it_lacks(self, cognito: Stubber) -> None:
        """fault 44"""
        lacks = "Password did not conform with policy: Password not long enough"
        refuse(cognito, "sign_up", "InvalidPasswordException", lacks)

        status, body = answer("register", password="weak")

        assert status == 400
        assert body["details"] == [f"password: {lacks}"]

    def test_a_stack_without_self_sign_up_says_so(self, cognito: Stubber) -> None:
        words = "SignUp is not permitted for this user pool"
        refuse(cognito, "sign_up", "NotAuthorizedException", words)

        assert answer("register")[0] == 403


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            ({"username": "ada"}, "password: missing"),
            ({"username": 5, "password": PASSWORD}, "username: must be string"),
            ({"username": "ada", "password": PASSWORD, "role": "staff"}, "role: unknown field"),
        ],
    )
    def test_a_wrong_body_is_told_field_by_field(self, body: dict[str, Any], detail: str) -> None:
        status, refusal = handle(functions.event("users", "sign_in") | {"body": json.dumps(body)})

        assert status == 400
        assert refusal["details"] == [detail]

    @pytest.mark.parametrize("body", [None, "", "{", "[]", '"ada"', "[" * 100_000])
    def test_what_is_no_json_object_is_refused(self, body: str | None) -> None:
        assert handle(functions.event("users", "sign_in") | {"body": body})[0] == 400

    def test_no_answer_repeats_a_password(self) -> None:
        status, body = answer("sign_in", password=PASSWORD * 20)

        assert status == 400
        assert PASSWORD not in json.dumps(body)


class TestSignIn:
    def test_the_right_password_gives_tokens(self, cognito: Stubber) -> None:
        cognito.add_response(
            "initiate_auth",
            {"AuthenticationResult": TOKENS},
            {
                **CLIENT,
                "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": {"USERNAME": "ada", "PASSWORD": PASSWORD},
            },
        )

        status, body = answer("sign_in")

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
            ("NotAuthorizedException", "Words that Cognito never said before."),
        ],
    )
    def test_an_unknown_name_is_answered_like_a_wrong_password(
        self, cognito: Stubber, code: str, words: str
    ) -> None:
        """fault 44"""
        refuse(cognito, "initiate_auth", *WRONG_PASSWORD)
        refuse(cognito, "initiate_auth", code, words)

        wrong = answer("sign_in")
        unknown = answer("sign_in", username="nobody")

        assert wrong == unknown
        assert wrong[0] == 401

    def test_an_unknown_name_takes_as_long_as_a_wrong_password(self, cognito: Stubber) -> None:
        """fault 44"""
        take_longer_for_a_known_user(cognito)
        refuse(cognito, "initiate_auth", *WRONG_PASSWORD)
        refuse(cognito, "initiate_auth", *WRONG_PASSWORD)

        unknown = seconds(lambda: answer("sign_in", username="nobody"))
        wrong = seconds(lambda: answer("sign_in"))

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
    def test_what_else_keeps_a_user_out_is_said_clearly(
        self, cognito: Stubber, code: str, words: str, status: int, details: list[str]
    ) -> None:
        """fault 44"""
        refuse(cognito, "initiate_auth", code, words)

        answered, body = answer("sign_in")

        assert answered == status
        assert body["details"] == details

    def test_what_cognito_does_wrong_is_no_fault_of_the_user(self, cognito: Stubber) -> None:
        refuse(cognito, "initiate_auth", "InternalErrorException")

        assert answer("sign_in")[0] == 500


class TestChallenge:
    def test_a_temporary_password_asks_for_a_new_one(self, cognito: Stubber) -> None:
        cognito.add_response(
            "initiate_auth",
            {
                "ChallengeName": "NEW_PASSWORD_REQUIRED",
                "Session": SESSION,
                "ChallengeParameters": {"USER_ID_FOR_SRP": "ada", "userAttributes": "{}"},
            },
        )

        status, body = answer("sign_in", username="ada@example.com")

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
    def test_the_right_answer_gives_tokens(
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

        status, body = answer(case)

        assert status == 200
        assert body["accessToken"] == "access"

    def test_a_sign_in_sets_an_app_up_where_the_pool_demands_one(self, cognito: Stubber) -> None:
        first = "the-first-session-of-several"
        cognito.add_response("initiate_auth", {"ChallengeName": "MFA_SETUP", "Session": first})
        cognito.add_response(
            "associate_software_token",
            {"SecretCode": "JBSWY3DPEHPK3PXP", "Session": SESSION},
            {"Session": first},
        )

        status, body = answer("sign_in")

        assert status == 200
        assert body == {
            "challenge": "MFA_SETUP",
            "session": SESSION,
            "username": "ada",
            "secret": "JBSWY3DPEHPK3PXP",
        }

    def test_the_first_code_of_an_app_gives_tokens(self, cognito: Stubber) -> None:
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

        assert answer("mfa_first_code")[0] == 200

    def test_a_replayed_session_means_to_sign_in_again(self, cognito: Stubber) -> None:
        """fault 44"""
        words = "Invalid session for the user, session can only be used once."
        refuse(cognito, "respond_to_auth_challenge", "NotAuthorizedException", words)

        status, body = answer("new_password")

        assert status == 401
        assert body["message"] == "sign in again"

    def test_a_wrong_code_is_a_wrong_code(self, cognito: Stubber) -> None:
        refuse(cognito, "respond_to_auth_challenge", "CodeMismatchException")

        assert answer("mfa_code")[0] == 400

    def test_an_answer_to_another_challenge_is_refused(self) -> None:
        status, body = answer("mfa_code", challenge="NEW_PASSWORD_REQUIRED")

        assert status == 400
        assert body["details"] == ["newPassword: missing, for NEW_PASSWORD_REQUIRED"]


class TestCodes:
    def test_the_right_code_confirms(self, cognito: Stubber) -> None:
        expected = {**CLIENT, "Username": "ada", "ConfirmationCode": "731904"}
        cognito.add_response("confirm_sign_up", {}, expected)

        assert answer("confirm") == (200, {"confirmed": True})

    def test_the_right_code_resets_the_password(self, cognito: Stubber) -> None:
        expected = {
            **CLIENT,
            "Username": "ada",
            "ConfirmationCode": "731904",
            "Password": PASSWORD,
        }
        cognito.add_response("confirm_forgot_password", {}, expected)

        assert answer("reset_password") == (200, {"reset": True})

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
    def test_a_code_for_the_wrong_user_is_a_wrong_code(
        self, cognito: Stubber, case: str, operation: str, code: str, words: str
    ) -> None:
        """fault 44"""
        refuse(cognito, operation, code, words)

        status, body = answer(case)

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
    def test_who_asks_for_a_code_does_not_learn_whether_there_is_a_user(
        self, cognito: Stubber, case: str, operation: str, code: str, words: str
    ) -> None:
        """fault 44"""
        take_longer_for_a_known_user(cognito)
        sent = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
        cognito.add_response(operation, sent, {**CLIENT, "Username": "ada"})
        refuse(cognito, operation, code, words)
        answers: list[Any] = []

        known = seconds(lambda: answers.append(answer(case)))
        unknown = seconds(lambda: answers.append(answer(case, username="nobody")))

        assert answers[0] == answers[1]
        assert answers[0][0] == 202
        assert known == pytest.approx(unknown)

    def test_a_weak_new_password_is_not_taken_for_a_wrong_code(self, cognito: Stubber) -> None:
        """fault 44"""
        refuse(cognito, "confirm_forgot_password", "InvalidPasswordException", "too short")

        status, body = answer("reset_password")

        assert (status, body["details"]) == (400, ["password: too short"])

    def test_who_asks_too_often_hears_it(self, cognito: Stubber) -> None:
        refuse(cognito, "forgot_password", "LimitExceededException")

        assert answer("forgot_password")[0] == 429


class TestSession:
    def test_a_refresh_token_gives_tokens_and_stays(self, cognito: Stubber) -> None:
        fresh = {name: value for name, value in TOKENS.items() if name != "RefreshToken"}
        cognito.add_response("initiate_auth", {"AuthenticationResult": fresh})

        status, body = answer("refresh")

        assert status == 200
        assert body["refreshToken"] == "refresh-token"

    def test_a_revoked_refresh_token_means_to_sign_in_again(self, cognito: Stubber) -> None:
        words = "Refresh Token has been revoked"
        refuse(cognito, "initiate_auth", "NotAuthorizedException", words)

        assert answer("refresh")[0] == 401

    def test_signing_out_is_for_every_device(self, cognito: Stubber) -> None:
        cognito.add_response("global_sign_out", {}, {"AccessToken": "access-token"})

        assert answer("sign_out") == (200, {"signedOut": True})

    def test_signing_out_needs_the_token(self) -> None:
        event = functions.event("users", "sign_out")
        del event["headers"]["Authorization"], event["multiValueHeaders"]["Authorization"]

        assert handle(event)[0] == 401

    def test_a_user_sees_who_they_are(self, cognito: Stubber) -> None:
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

        status, body = answer("show_self")

        assert status == 200
        assert body == {
            "sub": "7d8ca528-4931-4254-9273-ea5ee853f271",
            "username": "ada",
            "groups": ["customers", "staff"],
            "email": "ada@example.com",
            "emailVerified": True,
            "mfa": False,
        }

    def test_a_user_who_signed_out_is_nobody(self, cognito: Stubber) -> None:
        refuse(cognito, "get_user", "NotAuthorizedException", "Access Token has been revoked")

        assert answer("show_self")[0] == 401

    def test_a_user_of_another_issuer_is_who_their_token_says(self) -> None:
        status, body = answer("show_self_of_another_issuer")

        assert status == 200
        assert body == {"sub": "auth0|ada", "username": "ada", "groups": ["staff"]}

    def test_an_app_is_set_up_and_turned_on(self, cognito: Stubber) -> None:
        token = {"AccessToken": "access-token"}
        secret = {"SecretCode": "JBSWY3DPEHPK3PXP"}
        preferred = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
        cognito.add_response("associate_software_token", secret, token)
        cognito.add_response(
            "verify_software_token", {"Status": "SUCCESS"}, {**token, "UserCode": "731904"}
        )
        cognito.add_response("set_user_mfa_preference", {}, token | preferred)

        set_up = answer("set_up_mfa")
        turned_on = answer("turn_mfa_on")

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
def test_no_log_holds_a_secret(
    cognito: Stubber,
    log: Log,
    case: str,
    operation: str,
    code: str,
) -> None:
    refuse(cognito, operation, code)

    answer(case)

    is_our_fault = code == "InternalErrorException"
    assert (code in log.text.getvalue()) == is_our_fault
    assert not any(secret in log.text.getvalue() for secret in SECRETS)
