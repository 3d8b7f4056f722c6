"""The `users` function: sign-ins that a browser keeps in a cookie, and the end of one session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from project import functions
from project.fake_aws import tables
from tests.harness.observability import Log
from tests.harness.users import (
    CLIENT,
    TOKENS,
    ask,
    clock,  # noqa: F401  # used by every test
    refuse,
    stubbed_cognito,
)

LIMITS = "Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Strict"
REMOVED = ["__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"]
PAGE_TOKENS = {
    "idToken": "id",
    "accessToken": "access",
    "expiresIn": 3600,
    "tokenType": "Bearer",
}
ROUTES = ("begin_session", "resume_session", "end_session")


@pytest.fixture(autouse=True)
def cognito() -> Iterator[Stubber]:
    with tables("IdempotencyTable"), stubbed_cognito() as stub:
        yield stub
        stub.assert_no_pending_responses()


def send(case: str, **headers: str | None) -> tuple[int, Any, list[str]]:
    """Send the event of a case, with changed headers. Returns status, body and cookies."""
    event = functions.event("users", case)
    for name, value in headers.items():
        event["headers"].pop(name.replace("_", "-"), None)
        if value is not None:
            event["headers"][name.replace("_", "-")] = value
    answer = functions.function("users").handler(event, functions.context("users"))
    body = json.loads(answer["body"]) if answer["body"] else None
    return answer["statusCode"], body, answer["multiValueHeaders"].get("Set-Cookie", [])


def refreshes(cognito: Stubber, token: str, **tokens: str) -> None:
    """Let Cognito exchange a refresh token."""
    cognito.add_response(
        "get_tokens_from_refresh_token",
        {"AuthenticationResult": {**TOKENS, **tokens}},
        {**CLIENT, "RefreshToken": token},
    )


def revokes(cognito: Stubber, token: str) -> None:
    cognito.add_response("revoke_token", {}, {**CLIENT, "Token": token})


def test_the_refresh_token_of_a_page_is_only_in_a_cookie_that_scripts_cannot_read(
    cognito: Stubber,
) -> None:
    """fault 99"""
    refreshes(cognito, "refresh-token", RefreshToken="newer")

    status, body, cookies = send("begin_session")

    assert (status, body) == (200, PAGE_TOKENS)
    assert cookies == [f"__Host-session=newer; {LIMITS}"]


def test_a_reloaded_page_gets_tokens_and_a_new_cookie(cognito: Stubber) -> None:
    refreshes(cognito, "kept-refresh-token", RefreshToken="newer")

    assert send("resume_session") == (200, PAGE_TOKENS, [f"__Host-session=newer; {LIMITS}"])


def test_nobody_caches_the_tokens_of_a_page(cognito: Stubber) -> None:
    refreshes(cognito, "kept-refresh-token")
    event = functions.event("users", "resume_session")

    answer = functions.function("users").handler(event, functions.context("users"))

    assert answer["multiValueHeaders"]["Cache-Control"] == ["no-store"]


def test_several_cookies_of_the_host_do_not_matter(cognito: Stubber) -> None:
    refreshes(cognito, "mine")

    cookies = "session=other; __Host-session=mine; __Host-sessions=third"

    assert send("resume_session", Cookie=cookies)[0] == 200


def test_the_cookie_of_a_session_that_has_ended_is_removed(cognito: Stubber) -> None:
    refuse(
        cognito,
        "get_tokens_from_refresh_token",
        "NotAuthorizedException",
        "Refresh Token has been revoked",
    )

    status, body, cookies = send("resume_session")

    assert (status, body["message"], cookies) == (401, "sign in again", REMOVED)


def test_while_cognito_fails_the_cookie_is_kept(cognito: Stubber) -> None:
    refuse(cognito, "get_tokens_from_refresh_token", "InternalErrorException")

    status, _, cookies = send("resume_session")

    assert (status, cookies) == (500, [])


@pytest.mark.parametrize("cookie", [None, "", "other=1", "__Host-session=", "__Host-session=a,b"])
def test_without_a_token_in_the_cookie_there_is_no_session(cookie: str | None) -> None:
    assert send("resume_session", Cookie=cookie)[::2] == (401, REMOVED)


@pytest.mark.parametrize("case", ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "same-site"},  # another port, or another subdomain
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": None},
        {"X_Session": None},
    ],
)
def test_only_scripts_of_the_clients_own_pages_use_the_cookie(
    case: str, headers: dict[str, str | None]
) -> None:
    """fault 100"""
    assert send(case, **headers)[::2] == (403, [])


@pytest.mark.parametrize("token", ["", "a;b", "a b", "a\r\nSet-Cookie: b=c", "a" * 3501])
def test_what_does_not_fit_into_a_cookie_is_refused(token: str) -> None:
    status, body = ask("begin_session", refreshToken=token)

    assert status == 400
    assert body["details"][0].startswith("refreshToken: ")


def test_a_new_sign_in_ends_the_session_that_it_replaces(cognito: Stubber) -> None:
    refreshes(cognito, "refresh-token")
    revokes(cognito, "older")

    assert send("begin_session", Cookie="__Host-session=older")[0] == 200


def test_a_new_sign_in_works_although_the_session_that_it_replaces_does_not_end(
    cognito: Stubber,
) -> None:
    refreshes(cognito, "refresh-token")
    refuse(cognito, "revoke_token", "InternalErrorException")

    assert send("begin_session", Cookie="__Host-session=older")[0] == 200


def test_signing_out_ends_the_session_and_removes_the_cookie(cognito: Stubber) -> None:
    """fault 101"""
    revokes(cognito, "kept-refresh-token")

    assert send("end_session") == (204, None, REMOVED)


def test_signing_out_removes_the_cookie_even_if_the_session_does_not_end(
    cognito: Stubber,
) -> None:
    """fault 101"""
    refuse(cognito, "revoke_token", "InternalErrorException")

    status, body, cookies = send("end_session")

    assert (status, cookies) == (503, REMOVED)
    assert body["message"] == "the session may not have ended; try again"


def test_signing_out_twice_is_no_error() -> None:
    assert send("end_session", Cookie=None) == (204, None, REMOVED)


def test_other_clients_end_one_session_by_its_refresh_token(cognito: Stubber) -> None:
    revokes(cognito, "refresh-token")

    assert send("sign_out_here")[:2] == (204, None)


@pytest.mark.parametrize(
    "code",
    ["NotAuthorizedException", "UnauthorizedException", "UnsupportedTokenTypeException"],
)
def test_a_session_that_has_ended_is_ended_again_without_an_error(
    cognito: Stubber, code: str
) -> None:
    refuse(cognito, "revoke_token", code)

    assert send("sign_out_here")[:2] == (204, None)


@pytest.mark.parametrize("case", ROUTES)
def test_no_log_contains_the_cookie(cognito: Stubber, log: Log, case: str) -> None:
    """fault 102"""
    operation = "revoke_token" if case == "end_session" else "get_tokens_from_refresh_token"
    refuse(cognito, operation, "InternalErrorException")

    send(case)

    assert "InternalErrorException" in log.text.getvalue()
    assert "refresh-token" not in log.text.getvalue()
