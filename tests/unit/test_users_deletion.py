"""DELETE /users/me: who proves who they are begins the erasure, and can do nothing afterwards.

fault 65
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from common.erasures import erasures
from project import functions
from project.fake_aws import items
from tests.harness.personal_data import ADA, Stores, personal_data, waiting
from tests.harness.users import CLIENT, PASSWORD, TOKENS, WRONG_PASSWORD, ask, clock, refuse
from tests.harness.users import stubbed_cognito as stubbed

__all__ = ["clock"]

USER = {"UserPoolId": "UserPool", "Username": ADA.name}
WITH_PASSWORD = {
    **CLIENT,
    "AuthFlow": "USER_PASSWORD_AUTH",
    "AuthParameters": {"USERNAME": ADA.name, "PASSWORD": PASSWORD},
}
CHALLENGE = {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "cognito-session-of-ada"}


@pytest.fixture
def stores() -> Iterator[Stores]:
    # Not the fixture `monkeypatch`, which would put the pool of `personal_data` back at the end.
    with personal_data() as made, pytest.MonkeyPatch.context() as patch:
        for name in ("USER_POOL_ID", "USER_POOL_CLIENT_ID"):
            patch.setenv(name, functions.environment("users")[name])
        yield made


@pytest.fixture
def cognito(stores: Stores) -> Iterator[Stubber]:
    """Cognito, where Ada is signed in."""
    with stubbed() as stub:
        attributes = [{"Name": "sub", "Value": ADA.sub}, {"Name": "email", "Value": ADA.email}]
        user = {"Username": ADA.name, "UserAttributes": attributes}
        stub.add_response("get_user", user, {"AccessToken": "access-token"})
        yield stub
        stub.assert_no_pending_responses()


def sessions_end(cognito: Stubber) -> None:
    cognito.add_response("admin_disable_user", {}, USER)
    cognito.add_response("admin_user_global_sign_out", {}, USER)


def begun() -> list[tuple[str, str, str]]:
    rows = items("ErasuresTable")
    return [(row["sub"]["S"], row["username"]["S"], row["email"]["S"]) for row in rows]


def test_the_password_begins_the_erasure(cognito: Stubber) -> None:
    cognito.add_response("initiate_auth", {"AuthenticationResult": TOKENS}, WITH_PASSWORD)
    sessions_end(cognito)

    answer = ask("delete_self")

    assert answer == (202, {"status": "ERASING"})
    assert begun() == [(ADA.sub, ADA.name, ADA.email)]
    assert len(waiting("ErasureQueue")) == 1


def test_a_user_with_an_authenticator_also_gives_the_code(cognito: Stubber) -> None:
    cognito.add_response("initiate_auth", CHALLENGE, WITH_PASSWORD)
    response: Any = {"USERNAME": ADA.name, "SOFTWARE_TOKEN_MFA_CODE": "731904"}
    request = {**CLIENT, **CHALLENGE, "ChallengeResponses": response}
    cognito.add_response("respond_to_auth_challenge", {"AuthenticationResult": TOKENS}, request)
    sessions_end(cognito)

    status, _ = ask("delete_self", code="731904")

    assert (status, len(begun())) == (202, 1)


def test_the_password_alone_does_not_delete_a_user_with_an_authenticator(
    cognito: Stubber,
) -> None:
    cognito.add_response("initiate_auth", CHALLENGE, WITH_PASSWORD)

    status, body = ask("delete_self")

    assert (status, body["details"]) == (400, ["code: missing, because an authenticator app is on"])
    assert begun() == []


def test_a_wrong_code_deletes_nothing(cognito: Stubber) -> None:
    cognito.add_response("initiate_auth", CHALLENGE, WITH_PASSWORD)
    refuse(cognito, "respond_to_auth_challenge", "CodeMismatchException")

    status, body = ask("delete_self", code="000000")

    assert (status, body["details"]) == (400, ["code: wrong or expired"])
    assert begun() == []


def test_a_wrong_password_deletes_nothing_and_counts_as_an_attempt(cognito: Stubber) -> None:
    refuse(cognito, "initiate_auth", *WRONG_PASSWORD)

    status, body = ask("delete_self")

    assert (status, body["details"]) == (400, ["password: wrong"])
    assert begun() == []
    [row] = items("IdempotencyTable")
    assert row["id"]["S"].startswith("users#attempts#")


@pytest.mark.usefixtures("stores")
def test_the_password_is_required() -> None:
    event = functions.event("users", "delete_self")
    event["body"] = "{}"

    response = functions.function("users").handler(event, functions.context("users"))

    assert response["statusCode"] == 400
    assert "password: missing" in response["body"]


def test_a_failure_after_the_beginning_is_reported_and_the_job_goes_on(cognito: Stubber) -> None:
    cognito.add_response("initiate_auth", {"AuthenticationResult": TOKENS}, WITH_PASSWORD)
    cognito.add_client_error("admin_disable_user", "InternalErrorException")

    status, body = ask("delete_self")

    assert status == 503
    assert "is being deleted" in body["message"]
    assert erasures().find(ADA.sub) is not None


def test_a_job_that_has_deleted_the_user_already_is_no_failure(cognito: Stubber) -> None:
    cognito.add_response("initiate_auth", {"AuthenticationResult": TOKENS}, WITH_PASSWORD)
    for operation in ("admin_disable_user", "admin_user_global_sign_out"):
        refuse(cognito, operation, "UserNotFoundException")

    status, _ = ask("delete_self")

    assert status == 202


def test_a_second_request_is_not_a_second_erasure(cognito: Stubber) -> None:
    erasures().start(ADA.sub, ADA.name, ADA.email)
    cognito.add_response("initiate_auth", {"AuthenticationResult": TOKENS}, WITH_PASSWORD)
    sessions_end(cognito)

    status, _ = ask("delete_self")

    assert (status, len(begun())) == (202, 1)
