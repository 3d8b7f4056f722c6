"""The `users` function: passwords and codes are limited for each source address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from project import functions
from project.fake_aws import items, tables
from tests.harness.users import (
    TOKENS,
    WRONG_PASSWORD,
    Clock,
    clock,  # noqa: F401  # used by every test
    handle,
    refuse,
    stubbed_cognito,
)

HERE, ELSEWHERE = "203.0.113.10", "203.0.113.11"

TRIES = ["sign_in", "confirm", "reset_password"]
CODES = ["register", "resend_code", "forgot_password"]
OPERATIONS = {
    "sign_in": "initiate_auth",
    "confirm": "confirm_sign_up",
    "reset_password": "confirm_forgot_password",
    "register": "sign_up",
    "resend_code": "resend_confirmation_code",
    "forgot_password": "forgot_password",
}


@pytest.fixture(autouse=True)
def cognito(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setenv("SIGN_INS_PER_HOUR", "2")
    monkeypatch.setenv("CODES_PER_HOUR", "2")
    with tables("IdempotencyTable"), stubbed_cognito() as stub:
        yield stub
        stub.assert_no_pending_responses()


def ask(case: str, address: str = HERE, **changes: Any) -> int:
    """Send the event of a case from an address. Returns the status."""
    event = functions.event("users", case) | changes
    event["requestContext"]["identity"]["sourceIp"] = address
    return handle(event)[0]


def is_asked(cognito: Stubber, case: str) -> None:
    """Let Cognito refuse one request of this case."""
    refuse(cognito, OPERATIONS[case], "LimitExceededException")


def use_up(cognito: Stubber, case: str, address: str = HERE) -> None:
    """Send as many requests as an address may."""
    for _ in range(2):
        is_asked(cognito, case)
        ask(case, address)


@pytest.mark.parametrize("case", TRIES + CODES)
def test_an_address_that_exceeds_the_limit_does_not_reach_cognito(
    cognito: Stubber, case: str
) -> None:
    """fault 73"""
    use_up(cognito, case)

    assert ask(case) == 429


@pytest.mark.parametrize("cases", [TRIES, CODES])
def test_the_routes_of_one_kind_share_a_limit(cognito: Stubber, cases: list[str]) -> None:
    """fault 73"""
    use_up(cognito, cases[0])

    assert [ask(case) for case in cases] == [429] * 3


def test_passwords_and_requests_for_codes_are_counted_apart(cognito: Stubber) -> None:
    use_up(cognito, "forgot_password")
    cognito.add_response("initiate_auth", {"AuthenticationResult": TOKENS})

    assert ask("sign_in") == 200


def test_nobody_is_locked_out_by_attempts_from_another_address(cognito: Stubber) -> None:
    """fault 73"""
    for _ in range(2):
        refuse(cognito, "initiate_auth", *WRONG_PASSWORD)
        ask("sign_in", ELSEWHERE)
    ask("sign_in", ELSEWHERE)
    cognito.add_response("initiate_auth", {"AuthenticationResult": TOKENS})

    assert ask("sign_in", HERE) == 200


def test_all_addresses_of_an_ipv6_subscriber_are_one(cognito: Stubber) -> None:
    """fault 73"""
    use_up(cognito, "sign_in", "2001:db8:1:2::1")

    assert ask("sign_in", "2001:db8:1:2:ffff::9") == 429
    is_asked(cognito, "sign_in")
    assert len(items("IdempotencyTable")) == 1
    ask("sign_in", "2001:db8:1:3::1")
    assert len(items("IdempotencyTable")) == 2


def test_a_client_does_not_choose_its_address(cognito: Stubber) -> None:
    """fault 73"""
    use_up(cognito, "sign_in")

    assert ask("sign_in", headers={"X-Forwarded-For": ELSEWHERE}) == 429


def test_the_test_console_of_api_gateway_has_an_address_too(cognito: Stubber) -> None:
    use_up(cognito, "sign_in", "test-invoke-source-ip")

    assert ask("sign_in", "test-invoke-source-ip") == 429


def test_a_request_without_a_valid_body_is_not_counted(cognito: Stubber) -> None:
    for _ in range(3):
        ask("sign_in", body="{}")

    assert items("IdempotencyTable") == []


def test_a_refusal_of_an_address_holds_no_function_for_half_a_second(
    cognito: Stubber,
    clock: Clock,  # noqa: F811
) -> None:
    """It is refused before anybody looks at the name, so its time reveals nothing."""
    use_up(cognito, "sign_in")
    before = clock.now

    ask("sign_in")

    assert clock.now == before
