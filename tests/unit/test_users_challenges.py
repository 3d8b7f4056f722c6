"""The `users` function: a challenge belongs to the user who started it, and codes are limited."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
    Clock,
    ask,
    clock,  # noqa: F401  # used by every test
    have_no_sessions,
    refuse,
    stubbed_cognito,
)

COGNITO_SESSION = "AYABeExampleSession0123456789"
MFA, NEW_PASSWORD, SETUP = "SOFTWARE_TOKEN_MFA", "NEW_PASSWORD_REQUIRED", "MFA_SETUP"
WRONG_CODE = (
    400,
    {"message": "the code is wrong or expired", "details": ["code: wrong or expired"]},
)
SIGN_IN_AGAIN = (401, {"message": "sign in again", "details": []})
TOO_MANY = 429


@pytest.fixture(autouse=True)
def cognito(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:  # noqa: F811
    monkeypatch.setattr(time, "time", clock.time)
    with tables("IdempotencyTable"), stubbed_cognito() as stub:
        yield stub


def sign_in(cognito: Stubber, challenge: str, username: str = "ada", as_: str = "") -> str:
    """Start a sign-in that Cognito answers with a challenge. Returns the client's session."""
    cognito.add_response(
        "initiate_auth",
        {
            "ChallengeName": challenge,
            "Session": COGNITO_SESSION,
            "ChallengeParameters": {"USER_ID_FOR_SRP": username},
        },
    )
    if challenge == SETUP:
        cognito.add_response(
            "associate_software_token",
            {"SecretCode": "JBSWY3DPEHPK3PXP", "Session": COGNITO_SESSION},
        )
    status, body = ask("sign_in", username=as_ or username)
    assert (status, body["challenge"]) == (200, challenge)
    session: str = body["session"]
    return session


def accept(cognito: Stubber, challenge: str = MFA, username: str = "ada", **answer: str) -> None:
    """Let Cognito accept an answer to a challenge, but only with exactly this session and user."""
    answer = answer or {"SOFTWARE_TOKEN_MFA_CODE": "731904"}
    cognito.add_response(
        "respond_to_auth_challenge",
        {"AuthenticationResult": TOKENS},
        {
            **CLIENT,
            "ChallengeName": challenge,
            "Session": COGNITO_SESSION,
            "ChallengeResponses": {"USERNAME": username, **answer},
        },
    )
    if challenge == NEW_PASSWORD:  # the function signs in again, after all sessions have ended
        have_no_sessions(cognito)
        cognito.add_response("initiate_auth", {"AuthenticationResult": TOKENS})


def mistype(cognito: Stubber, session: str) -> Any:
    """Answer with a code that Cognito refuses."""
    refuse(cognito, "respond_to_auth_challenge", "CodeMismatchException")
    return ask("mfa_code", session=session)


class TestChallenge:
    def test_the_session_of_a_challenge_is_not_cognitos(self, cognito: Stubber) -> None:
        """fault 58"""
        sessions = {sign_in(cognito, MFA) for _ in range(2)}

        assert len(sessions) == 2
        for session in sessions:
            assert len(session) >= 43  # 256 bits
            assert COGNITO_SESSION not in session
            assert session not in str(items("IdempotencyTable"))

    def test_the_answer_names_the_user_who_signed_in_by_address(self, cognito: Stubber) -> None:
        cognito.add_response(
            "initiate_auth",
            {
                "ChallengeName": NEW_PASSWORD,
                "Session": COGNITO_SESSION,
                "ChallengeParameters": {"USER_ID_FOR_SRP": "ada", "userAttributes": "{}"},
            },
        )

        status, body = ask("sign_in", username="ada@example.com")

        assert status == 200
        assert body == {"challenge": NEW_PASSWORD, "session": body["session"], "username": "ada"}

    @pytest.mark.parametrize(
        ("case", "challenge", "answer"),
        [
            ("new_password", NEW_PASSWORD, {"NEW_PASSWORD": PASSWORD}),
            ("mfa_code", MFA, {"SOFTWARE_TOKEN_MFA_CODE": "731904"}),
        ],
    )
    def test_the_correct_answer_returns_tokens(
        self, cognito: Stubber, case: str, challenge: str, answer: dict[str, str]
    ) -> None:
        session = sign_in(cognito, challenge)
        accept(cognito, challenge, **answer)

        status, body = ask(case, session=session)

        assert status == 200
        assert body["accessToken"] == "access"

    def test_an_answer_may_lead_to_the_next_challenge(self, cognito: Stubber) -> None:
        session = sign_in(cognito, NEW_PASSWORD)
        cognito.add_response(
            "respond_to_auth_challenge", {"ChallengeName": MFA, "Session": COGNITO_SESSION}
        )
        have_no_sessions(cognito)

        _, second = ask("new_password", session=session)
        accept(cognito)

        assert second["challenge"] == MFA
        assert ask("mfa_code", session=second["session"])[0] == 200

    @pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.com", "Ada@Example.com"])
    def test_the_name_of_an_answer_may_be_the_one_of_the_sign_in(
        self, cognito: Stubber, name: str
    ) -> None:
        session = sign_in(cognito, MFA, as_="ada@example.com")
        accept(cognito)

        assert ask("mfa_code", session=session, username=name)[0] == 200

    def test_a_challenge_is_not_answered_for_another_user(self, cognito: Stubber) -> None:
        """fault 58"""
        session = sign_in(cognito, MFA, username="mallory")

        assert ask("mfa_code", session=session, username="ada") == SIGN_IN_AGAIN

    def test_a_challenge_is_not_answered_as_another_one(self, cognito: Stubber) -> None:
        """fault 58"""
        session = sign_in(cognito, MFA)

        assert ask("new_password", session=session) == SIGN_IN_AGAIN

    def test_a_refused_attempt_for_another_user_does_not_use_the_challenge_up(
        self, cognito: Stubber
    ) -> None:
        session = sign_in(cognito, MFA)
        ask("mfa_code", session=session, username="mallory")
        accept(cognito)

        assert ask("mfa_code", session=session)[0] == 200

    @pytest.mark.parametrize("session", [COGNITO_SESSION, "x", "users#challenge#x", "💡"])
    def test_an_unknown_session_is_refused(self, session: str) -> None:
        """fault 58"""
        assert ask("mfa_code", session=session) == SIGN_IN_AGAIN

    def test_the_hash_in_the_table_is_not_a_session(self, cognito: Stubber) -> None:
        """fault 58"""
        session = sign_in(cognito, MFA)
        stored = hashlib.sha256(session.encode()).hexdigest()

        assert ask("mfa_code", session=stored) == SIGN_IN_AGAIN

    def test_an_expired_session_is_refused_even_before_it_is_deleted(
        self,
        cognito: Stubber,
        clock: Clock,  # noqa: F811
    ) -> None:
        """fault 58"""
        session = sign_in(cognito, MFA)
        clock.sleep(180)

        assert ask("mfa_code", session=session) == SIGN_IN_AGAIN

    def test_an_answered_challenge_is_used_up(self, cognito: Stubber) -> None:
        """fault 58"""
        session = sign_in(cognito, MFA)
        accept(cognito)
        ask("mfa_code", session=session)

        assert ask("mfa_code", session=session) == SIGN_IN_AGAIN

    def test_concurrent_answers_to_a_challenge_sign_in_once(self, cognito: Stubber) -> None:
        """fault 58"""
        session = sign_in(cognito, MFA)
        accept(cognito)

        with ThreadPoolExecutor(4) as clients:
            answers = clients.map(lambda _: ask("mfa_code", session=session)[0], range(4))

        assert sorted(answers) == [200, 401, 401, 401]

    def test_a_session_that_cognito_has_ended_requires_a_new_sign_in(
        self, cognito: Stubber
    ) -> None:
        """fault 44: whether a wrong code ends Cognito's session or not, nothing worse happens."""
        session = sign_in(cognito, MFA)
        mistype(cognito, session)
        words = "Invalid session for the user, session can only be used once."
        refuse(cognito, "respond_to_auth_challenge", "NotAuthorizedException", words)

        assert ask("mfa_code", session=session) == SIGN_IN_AGAIN

    def test_after_a_weak_password_another_one_can_be_sent(self, cognito: Stubber) -> None:
        session = sign_in(cognito, NEW_PASSWORD)
        refuse(cognito, "respond_to_auth_challenge", "InvalidPasswordException", "too short")
        weak = ask("new_password", session=session, newPassword="weak")
        accept(cognito, NEW_PASSWORD, NEW_PASSWORD=PASSWORD)

        assert (weak[0], weak[1]["details"]) == (400, ["password: too short"])
        assert ask("new_password", session=session)[0] == 200

    def test_a_failure_of_cognito_leaves_the_challenge_open(self, cognito: Stubber) -> None:
        session = sign_in(cognito, MFA)
        refuse(cognito, "respond_to_auth_challenge", "InternalErrorException")
        failed = ask("mfa_code", session=session)
        accept(cognito)

        assert failed[0] == 500
        assert ask("mfa_code", session=session)[0] == 200

    def test_an_answer_without_the_field_of_its_challenge_is_refused(self) -> None:
        status, body = ask("mfa_code", challenge=NEW_PASSWORD)

        assert status == 400
        assert body["details"] == [f"newPassword: missing, for {NEW_PASSWORD}"]

    def test_the_log_contains_neither_session_nor_code(self, cognito: Stubber, log: Log) -> None:
        session = sign_in(cognito, MFA)
        refuse(cognito, "respond_to_auth_challenge", "InternalErrorException")

        ask("mfa_code", session=session)

        logged = log.text.getvalue()
        assert "InternalErrorException" in logged
        assert not any(secret in logged for secret in (session, COGNITO_SESSION, "731904"))


class TestSetUpAtSignIn:
    """`Mfa=ON`, and a user without an authenticator app."""

    def test_the_answer_contains_the_secret(self, cognito: Stubber) -> None:
        first = "the-first-session-of-several"
        cognito.add_response("initiate_auth", {"ChallengeName": SETUP, "Session": first})
        cognito.add_response(
            "associate_software_token",
            {"SecretCode": "JBSWY3DPEHPK3PXP", "Session": COGNITO_SESSION},
            {"Session": first},
        )

        status, body = ask("sign_in")

        assert status == 200
        assert body == {
            "challenge": SETUP,
            "session": body["session"],
            "username": "ada",
            "secret": "JBSWY3DPEHPK3PXP",
        }

    def test_the_first_code_returns_tokens(self, cognito: Stubber) -> None:
        session = sign_in(cognito, SETUP)
        last = "the-last-session-of-several"
        cognito.add_response(
            "verify_software_token",
            {"Status": "SUCCESS", "Session": last},
            {"Session": COGNITO_SESSION, "UserCode": "731904"},
        )
        cognito.add_response(
            "respond_to_auth_challenge",
            {"AuthenticationResult": TOKENS},
            {
                **CLIENT,
                "ChallengeName": SETUP,
                "Session": last,
                "ChallengeResponses": {"USERNAME": "ada"},
            },
        )

        assert ask("mfa_first_code", session=session)[0] == 200

    def test_a_code_that_cognito_refuses_without_an_error_is_wrong(self, cognito: Stubber) -> None:
        session = sign_in(cognito, SETUP)
        cognito.add_response("verify_software_token", {"Status": "ERROR"})

        assert ask("mfa_first_code", session=session) == WRONG_CODE


class TestLimit:
    def test_a_wrong_code_can_be_corrected_in_the_same_session(self, cognito: Stubber) -> None:
        session = sign_in(cognito, MFA)
        wrong = mistype(cognito, session)
        accept(cognito)

        assert wrong == WRONG_CODE
        assert ask("mfa_code", session=session)[0] == 200

    def test_after_five_wrong_codes_the_right_one_is_refused_too(self, cognito: Stubber) -> None:
        """fault 58"""
        session = sign_in(cognito, MFA)
        wrong = [mistype(cognito, session)[0] for _ in range(5)]

        right = ask("mfa_code", session=session)

        assert wrong == [400] * 5
        assert right[0] == TOO_MANY

    def test_a_new_session_does_not_allow_more_wrong_codes(self, cognito: Stubber) -> None:
        """fault 58"""
        for _ in range(5):
            mistype(cognito, sign_in(cognito, MFA))

        assert ask("mfa_code", session=sign_in(cognito, MFA))[0] == TOO_MANY

    def test_neither_case_nor_address_allows_more_wrong_codes(self, cognito: Stubber) -> None:
        """fault 58"""
        for _ in range(5):
            mistype(cognito, sign_in(cognito, MFA))
        session = sign_in(cognito, MFA, username="Ada", as_="ada@example.com")

        assert ask("mfa_code", session=session)[0] == TOO_MANY

    def test_concurrent_wrong_codes_are_limited_too(self, cognito: Stubber) -> None:
        """fault 58"""
        sessions = [sign_in(cognito, MFA) for _ in range(8)]
        for _ in range(5):
            refuse(cognito, "respond_to_auth_challenge", "CodeMismatchException")

        with ThreadPoolExecutor(8) as clients:
            answers = clients.map(lambda session: ask("mfa_code", session=session)[0], sessions)

        assert sorted(answers) == [400] * 5 + [TOO_MANY] * 3

    def test_wrong_codes_of_one_user_do_not_limit_another(self, cognito: Stubber) -> None:
        for _ in range(5):
            mistype(cognito, sign_in(cognito, MFA))
        session = sign_in(cognito, MFA, username="ben")
        accept(cognito, username="ben")

        assert ask("mfa_code", session=session, username="ben")[0] == 200

    def test_the_limit_ends_15_minutes_after_the_last_wrong_code(
        self,
        cognito: Stubber,
        clock: Clock,  # noqa: F811
    ) -> None:
        for _ in range(5):
            mistype(cognito, sign_in(cognito, MFA))
            clock.sleep(60)
        clock.sleep(840 - 1)
        early = ask("mfa_code", session=sign_in(cognito, MFA))
        clock.sleep(1)
        session = sign_in(cognito, MFA)
        accept(cognito)

        assert early[0] == TOO_MANY
        assert ask("mfa_code", session=session)[0] == 200

    def test_the_limit_says_when_it_ends(
        self,
        cognito: Stubber,
        clock: Clock,  # noqa: F811
    ) -> None:
        session = sign_in(cognito, MFA)
        for _ in range(5):
            mistype(cognito, session)
        clock.sleep(30)
        event = functions.event("users", "mfa_code")
        event["body"] = json.dumps(json.loads(event["body"]) | {"session": session})

        response = functions.function("users").handler(event, functions.context("users"))

        assert response["multiValueHeaders"]["Retry-After"] == ["870"]

    def test_a_count_names_nobody(self, cognito: Stubber) -> None:
        session = sign_in(cognito, MFA, username="grace")
        refuse(cognito, "respond_to_auth_challenge", "CodeMismatchException")
        ask("mfa_code", session=session, username="grace")

        rows = items("IdempotencyTable")
        [count] = [row for row in rows if row["id"]["S"].startswith("users#attempts#")]
        assert "grace" not in str(count)

    def test_an_attempt_costs_one_write_whether_it_is_allowed_or_refused(
        self, cognito: Stubber, requests: list[str]
    ) -> None:
        session = sign_in(cognito, MFA)
        for _ in range(5):
            mistype(cognito, session)
        ask("mfa_code", session=session)

        assert requests.count("UpdateItem") == 1 + 5 + 1  # the first one counts the sign-in

    def test_of_concurrent_attempts_after_the_limit_as_many_are_allowed_again(
        self,
        cognito: Stubber,
        clock: Clock,  # noqa: F811
    ) -> None:
        """fault 58"""
        for _ in range(5):
            mistype(cognito, sign_in(cognito, MFA))
        clock.sleep(900)
        sessions = [sign_in(cognito, MFA) for _ in range(8)]
        for _ in range(8):
            refuse(cognito, "respond_to_auth_challenge", "CodeMismatchException")

        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(lambda each: ask("mfa_code", session=each)[0], sessions))

        assert 1 <= answers.count(400) <= 5
        assert set(answers) == {400, TOO_MANY}

    def test_after_the_limit_as_many_wrong_codes_are_allowed_again(
        self,
        cognito: Stubber,
        clock: Clock,  # noqa: F811
    ) -> None:
        for _ in range(5):
            mistype(cognito, sign_in(cognito, MFA))
        clock.sleep(900)

        later = [mistype(cognito, sign_in(cognito, MFA))[0] for _ in range(5)]

        assert later == [400] * 5
        assert ask("mfa_code", session=sign_in(cognito, MFA))[0] == TOO_MANY

    def test_the_right_code_forgives_the_wrong_ones(self, cognito: Stubber) -> None:
        session = sign_in(cognito, MFA)
        for _ in range(4):
            mistype(cognito, session)
        accept(cognito)
        ask("mfa_code", session=session)

        assert mistype(cognito, sign_in(cognito, MFA)) == WRONG_CODE

    def test_a_user_is_not_limited_by_somebody_without_the_password(self, cognito: Stubber) -> None:
        for _ in range(9):
            ask("mfa_code", session="guessed")
        session = sign_in(cognito, MFA)
        accept(cognito)

        assert ask("mfa_code", session=session)[0] == 200
