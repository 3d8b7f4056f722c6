"""The `users` function: which names it registers, and which users a typed name can mean."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from botocore.stub import ANY, Stubber

from common import user_names
from project.fake_aws import tables
from tests.harness.users import (
    TOKENS,
    ask,
    clock,  # noqa: F401  # used by every test
    have_no_sessions,
    refuse,
    stubbed_cognito,
)

TYPED, NORMALIZED = "zoe\u0308", "zo\u00eb"
IMPOSSIBLE = "zoe \u202e"
UNKNOWN = {
    "sign_in": ("initiate_auth", "NotAuthorizedException"),
    "confirm": ("confirm_sign_up", "CodeMismatchException"),
    "reset_password": ("confirm_forgot_password", "ExpiredCodeException"),
}
by_case = pytest.mark.parametrize("case", UNKNOWN)


@pytest.fixture(autouse=True)
def cognito() -> Iterator[Stubber]:
    with tables("IdempotencyTable"), stubbed_cognito() as stub:
        yield stub
        stub.assert_no_pending_responses()


def accept(cognito: Stubber, case: str, name: str) -> None:
    """Let Cognito accept the request of a case for a user."""
    operation, _ = UNKNOWN[case]
    if case == "sign_in":
        sent = {"AuthFlow": ANY, "AuthParameters": {"USERNAME": name, "PASSWORD": ANY}}
        cognito.add_response(operation, {"AuthenticationResult": TOKENS}, {"ClientId": ANY} | sent)
    else:
        sent = {"ClientId": ANY, "Username": name, "ConfirmationCode": ANY}
        sent |= {"Password": ANY} if case == "reset_password" else {}
        cognito.add_response(operation, {}, sent)
        if case == "reset_password":
            have_no_sessions(cognito)


def refuse_as_unknown(cognito: Stubber, case: str) -> None:
    """Let Cognito refuse the request of a case as for an unknown user."""
    refuse(cognito, *UNKNOWN[case], "Incorrect username or password.")


class TestRegister:
    @pytest.mark.parametrize(("typed", "name"), [(TYPED, NORMALIZED), ("ａｄａ", "ada")])
    def test_a_name_is_registered_in_its_normalized_form(
        self, cognito: Stubber, typed: str, name: str
    ) -> None:
        """fault 59"""
        cognito.add_response(
            "sign_up",
            {"UserSub": "7d8ca528", "UserConfirmed": False},
            {"ClientId": ANY, "Username": name, "Password": ANY, "UserAttributes": ANY},
        )

        status, body = ask("register", username=typed)

        assert (status, body["username"]) == (201, name)

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            (IMPOSSIBLE, user_names.CHARACTER),
            ("ada\u200d", user_names.CHARACTER),
            ("ada\ufe0f", user_names.INVISIBLE),
            ("\u0308ada", user_names.MARK),
        ],
    )
    def test_a_name_that_breaks_the_rule_is_400(self, name: str, reason: str) -> None:
        """fault 59"""
        status, body = ask("register", username=name)

        assert (status, body["details"]) == (400, [reason])

    @pytest.mark.parametrize(
        ("reason", "status"), [(user_names.MIXED, 400), (user_names.TOO_SIMILAR, 409)]
    )
    def test_a_name_that_the_trigger_refuses_is_400_or_409(
        self, cognito: Stubber, reason: str, status: int
    ) -> None:
        """fault 59"""
        text = f"PreSignUp failed with error {reason}."
        cognito.add_client_error("sign_up", "UserLambdaValidationException", text)

        assert ask("register")[0] == status

    def test_a_trigger_that_fails_is_500(self, cognito: Stubber) -> None:
        text = "PreSignUp failed with error 'USER_NAMES_TABLE'."
        cognito.add_client_error("sign_up", "UserLambdaValidationException", text)

        assert ask("register")[0] == 500


class TestTypedNames:
    @by_case
    def test_a_name_means_its_normalized_form_if_no_user_has_it_as_typed(
        self, cognito: Stubber, case: str
    ) -> None:
        """fault 59"""
        refuse_as_unknown(cognito, case)
        accept(cognito, case, NORMALIZED)

        assert ask(case, username=TYPED)[0] == 200

    @by_case
    def test_a_name_that_an_administrator_made_is_found_as_typed(
        self, cognito: Stubber, case: str
    ) -> None:
        accept(cognito, case, TYPED)

        assert ask(case, username=TYPED)[0] == 200

    @by_case
    def test_the_error_for_an_unknown_name_does_not_depend_on_its_form(
        self, cognito: Stubber, case: str
    ) -> None:
        """fault 44"""
        for _ in range(3):
            refuse_as_unknown(cognito, case)

        assert ask(case, username=TYPED) == ask(case, username=NORMALIZED)

    @by_case
    def test_a_name_that_no_user_can_have_is_an_unknown_name(
        self, cognito: Stubber, case: str
    ) -> None:
        """fault 44"""
        refuse_as_unknown(cognito, case)

        unknown = ask(case, username="nobody")
        start = time.monotonic()
        impossible = ask(case, username=IMPOSSIBLE)

        assert impossible == unknown
        assert time.monotonic() - start == 0.5

    def test_another_reason_for_a_refusal_is_not_tried_again(self, cognito: Stubber) -> None:
        cognito.add_client_error("initiate_auth", "UserNotConfirmedException")

        assert ask("sign_in", username=TYPED)[0] == 403

    def test_a_weak_password_is_not_tried_again(self, cognito: Stubber) -> None:
        cognito.add_client_error("confirm_forgot_password", "InvalidPasswordException")

        status, body = ask("reset_password", username=TYPED)

        assert (status, body["message"]) == (400, "the password is too weak")

    @pytest.mark.parametrize(
        ("case", "operation"),
        [("forgot_password", "forgot_password"), ("resend_code", "resend_confirmation_code")],
    )
    def test_a_code_is_sent_for_each_form_of_a_name(
        self, cognito: Stubber, case: str, operation: str
    ) -> None:
        """Cognito's response does not tell whether a user has the name."""
        for name in (TYPED, NORMALIZED):
            cognito.add_response(operation, {}, {"ClientId": ANY, "Username": name})

        assert ask(case, username=TYPED)[0] == 202

    @pytest.mark.parametrize("case", ["forgot_password", "resend_code"])
    def test_a_code_for_a_name_that_no_user_can_have_gets_the_usual_response(
        self, case: str
    ) -> None:
        """fault 44"""
        start = time.monotonic()

        status, _ = ask(case, username=IMPOSSIBLE)

        assert status == 202
        assert time.monotonic() - start == 0.5
