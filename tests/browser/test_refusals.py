"""What the web client shows when the API refuses to register, sign in or change an account.

The local stack refuses where it can. Where it would need other parameters or several days, the
browser gets the API's answer from the test.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.api_user import request
from local.emulator_clients import Outputs
from local.stack_probe import wait_for
from tests.browser.customer import (
    NEW_PASSWORD,
    PASSWORD,
    Customer,
    create_user,
    disable_user,
    require_new_password,
)
from tests.browser.views import Scheme, Size, every_view, open_view
from tests.e2e.test_users import totp

pytestmark = pytest.mark.xdist_group("browser")


def refuse(
    page: Page,
    path: str,
    status: int,
    *details: str,
    message: str = "refused",
    headers: dict[str, str] | None = None,
) -> None:
    """Answer the requests to a path with an error of the API."""

    def answer(route: Route) -> None:
        body = {"message": message, "details": details}
        route.fulfill(status=status, json=body, headers=headers)

    page.route(f"**{path}", answer)


@pytest.fixture
def visitor(visitor: Customer) -> Customer:
    visitor.expects_console_error("status of 4")
    return visitor


class TestSignIn:
    def test_a_disabled_user_is_told_so(self, visitor: Customer) -> None:
        visitor.is_created()
        disable_user(visitor.outputs, visitor.name)

        visitor.signs_in()

        visitor.is_told("This account is disabled.")

    def test_a_user_who_must_reset_the_password_does_it_at_once(self, visitor: Customer) -> None:
        visitor.is_created()
        require_new_password(visitor.outputs, visitor.name)

        visitor.signs_in()
        visitor.sees("Choose a new password")
        visitor.is_told("Before you can sign in, you need a new password.")
        visitor.presses("Send another code")
        visitor.fills("Code", visitor.mailed_code(after=1))
        visitor.fills("New password", NEW_PASSWORD)
        visitor.presses("Set password")

        visitor.sees("Orders")

    def test_many_wrong_passwords_have_to_wait(self, visitor: Customer) -> None:
        visitor.is_created()
        for _ in range(5):
            with visitor.page.expect_response("**/users/login"):
                visitor.signs_in("Wrong-Horse-7-Battery")
            visitor.is_told("The username or the password is wrong.")

        def is_locked_out() -> bool:
            with visitor.page.expect_response("**/users/login") as answer:
                visitor.signs_in("Wrong-Horse-7-Battery")
            return answer.value.status == 429

        # The first lockout takes a second. Each wrong password after it begins a longer one.
        wait_for("a lockout", is_locked_out)
        visitor.is_told("Too many attempts. Try again in 1 minute.")

    @pytest.mark.parametrize(
        ("seconds", "when"),
        [
            ("1", "in 1 minute."),
            ("1500", "in 25 minutes."),
            ("5401", "in 2 hours."),
            ("86400", "in 24 hours."),
        ],
    )
    def test_a_limit_says_when_to_try_again(
        self, visitor: Customer, seconds: str, when: str
    ) -> None:
        """fault 73"""
        retry = {"Retry-After": seconds}
        refuse(visitor.page, "/users/login", 429, message="too many sign-ins", headers=retry)

        visitor.signs_in()

        visitor.is_told(f"Too many sign-ins. Try again {when}")

    def test_a_corrected_username_stays_after_a_refusal(self, visitor: Customer) -> None:
        visitor.signs_in()
        visitor.is_told("The username or the password is wrong.")

        expect(visitor.page.get_by_label("Username or email")).to_have_value(visitor.name)

    def test_an_expired_temporary_password_is_explained(self, visitor: Customer) -> None:
        refuse(visitor.page, "/users/login", 403, "user: password expired")

        visitor.signs_in()

        visitor.is_told("Ask an administrator for a new one.")

    @pytest.mark.parametrize("status", [401, 403])
    def test_an_api_that_accepts_no_users_of_the_user_pool_says_so(
        self, visitor: Customer, status: int
    ) -> None:
        visitor.is_created()
        refuse(visitor.page, "/users/me", status, message="Unauthorized")

        visitor.signs_in()

        visitor.is_told("This API does not accept users of this sign-in page.")


class TestRegistration:
    @pytest.fixture(autouse=True)
    def form(self, visitor: Customer) -> None:
        visitor.presses("Create an account")
        visitor.fills("Email address", visitor.email)
        visitor.fills("Password", PASSWORD)

    @pytest.mark.parametrize(
        ("suffix", "text"),
        [
            (" smith", "Spaces are not allowed."),
            ("\ufe0f", "This username contains invisible characters."),
            ("x\u0301\u0301", "a letter must not have the same accent twice."),
            ("\u0430", "This username mixes several."),
        ],
        ids=["space", "invisible", "accent", "Cyrillic"],
    )
    def test_the_rule_that_a_username_breaks_is_shown_at_the_field(
        self, visitor: Customer, suffix: str, text: str
    ) -> None:
        visitor.fills("Username", visitor.name + suffix)
        visitor.presses("Create account")

        visitor.is_told_at("Username", text)

    def test_a_username_of_somebody_else_is_taken(self, visitor: Customer) -> None:
        create_user(visitor.outputs, visitor.name)

        visitor.fills("Username", visitor.name)
        visitor.presses("Create account")

        visitor.is_told_at("Username", "Somebody else has this username.")

    def test_a_username_that_looks_like_an_existing_one_is_taken(self, visitor: Customer) -> None:
        create_user(visitor.outputs, visitor.name + "o")

        visitor.fills("Username", visitor.name + "0")
        visitor.presses("Create account")

        visitor.is_told_at("Username", "This looks like the username of somebody else.")

    def test_a_password_is_told_what_it_lacks(self, visitor: Customer) -> None:
        visitor.fills("Username", visitor.name)
        visitor.fills("Password", " padded ")
        visitor.presses("Create account")
        visitor.is_told_at("Password", "without a space at the beginning or end.")
        visitor.fills("Password", PASSWORD.lower())
        visitor.presses("Create account")

        visitor.is_told_at("Password", "The password needs an upper-case letter.")

    def test_a_closed_registration_is_announced(self, visitor: Customer) -> None:
        refuse(visitor.page, "/users", 403)

        visitor.fills("Username", visitor.name)
        visitor.presses("Create account")

        visitor.is_told("Registration is closed.")


class TestConfirmation:
    def test_a_wrong_code_is_shown_at_the_field(self, visitor: Customer) -> None:
        visitor.registers()

        visitor.fills("Code", "12")
        visitor.presses("Confirm")
        visitor.is_told_at("Code", "Enter six digits.")
        visitor.fills("Code", "000000")
        visitor.presses("Confirm")

        visitor.is_told_at("Code", "This code is wrong or has expired.")

    def test_many_requests_for_codes_have_to_wait(self, visitor: Customer) -> None:
        visitor.registers()
        refuse(visitor.page, "/users/resend-code", 429, message="too many attempts")

        visitor.presses("Send another code")

        visitor.is_told("Too many attempts.")

    def test_the_owner_of_an_address_that_is_in_use_resets_the_password(
        self, visitor: Customer
    ) -> None:
        first = f"first-{uuid.uuid4().hex[:8]}"
        visitor.is_created()
        stranger = replace(visitor, name=first)

        stranger.registers(visitor.email)
        stranger.fills("Code", visitor.mailed_code())
        stranger.presses("Confirm")
        stranger.sees("This email address is in use")
        expect(visitor.page.get_by_role("main")).to_contain_text(visitor.email)
        stranger.presses("Reset the password")
        expect(visitor.page.get_by_label("Username or email")).to_have_value(visitor.email)
        stranger.presses("Send code")
        stranger.sees("Choose a new password")
        stranger.fills("Code", visitor.mailed_code(after=1))
        stranger.fills("New password", NEW_PASSWORD)
        stranger.presses("Set password")

        stranger.sees("Orders")
        expect(visitor.page.locator(".user")).to_have_text(visitor.name)

    def test_a_confirmed_user_whose_sign_in_is_refused_goes_on_at_the_sign_in_page(
        self, visitor: Customer
    ) -> None:
        visitor.registers()
        refuse(visitor.page, "/users/login", 403, "user: disabled")

        visitor.fills("Code", visitor.mailed_code())
        visitor.presses("Confirm")

        visitor.sees("Sign in")
        visitor.is_told("This account is disabled.")
        expect(visitor.page.get_by_label("Username or email")).to_have_value(visitor.name)


class TestChallenge:
    def test_an_expired_challenge_leads_back_to_the_sign_in_page(self, visitor: Customer) -> None:
        def expire(route: Route) -> None:
            body = {**json.loads(route.request.post_data or ""), "session": "expired"}
            route.continue_(post_data=json.dumps(body))

        visitor.is_created(temporary=True)
        visitor.page.route("**/users/challenge", expire)
        visitor.signs_in()
        visitor.sees("Choose a password")

        visitor.fills("New password", NEW_PASSWORD)
        visitor.presses("Set password")

        visitor.sees("Sign in")
        visitor.is_told("This sign-in has expired.")
        expect(visitor.page.get_by_label("Username or email")).to_have_value(visitor.name)

    def test_a_weak_password_is_shown_at_the_field(self, visitor: Customer) -> None:
        visitor.is_created(temporary=True)
        visitor.signs_in()
        visitor.sees("Choose a password")

        visitor.fills("New password", PASSWORD.lower())
        visitor.presses("Set password")

        visitor.is_told_at("New password", "The password needs an upper-case letter.")


class TestAccount:
    def test_an_authenticator_app_is_replaced_with_the_password(self, customer: Customer) -> None:
        """fault 58"""
        customer.expects_console_error("status of 400")
        first = turn_on_mfa(customer)
        customer.opens("account")
        customer.fills("Your password", NEW_PASSWORD)
        customer.presses("Replace the app")
        customer.is_told_at("Your password", "This is not your password.")

        customer.fills("Your password", PASSWORD)
        customer.presses("Replace the app")
        second = customer.page.locator(".key").text_content() or ""
        customer.fills("Code", totp(second))
        customer.presses("Turn on")
        expect(customer.page.get_by_role("button", name="Replace the app")).to_be_visible()
        customer.presses("Sign out everywhere")
        customer.signs_in()
        customer.fills("Code", totp(first, after=30))
        customer.presses("Sign in")
        customer.is_told_at("Code", "This code is wrong or has expired.")
        customer.fills("Code", totp(second, after=30))
        customer.presses("Sign in")

        customer.sees("Orders")

    def test_an_app_that_was_turned_on_elsewhere_is_not_replaced_unasked(
        self, customer: Customer
    ) -> None:
        customer.expects_console_error("status of 400")
        customer.opens("account")
        expect(customer.page.get_by_role("button", name="Set up")).to_be_visible()
        turn_on_mfa(customer)

        customer.presses("Set up")

        customer.is_told("An authenticator app is already on.")

    def test_a_user_pool_without_authenticator_apps_says_so(self, customer: Customer) -> None:
        customer.expects_console_error("status of 403")
        customer.opens("account")
        expect(customer.page.get_by_role("button", name="Set up")).to_be_visible()
        refuse(customer.page, "/users/mfa", 403, "mfa: off")

        customer.presses("Set up")

        customer.is_told("Authenticator apps are not in use here.")

    def test_accounts_that_are_managed_elsewhere_are_not_changed_here(
        self, customer: Customer
    ) -> None:
        customer.expects_console_error("status of 403")
        refuse(customer.page, "/users/mfa", 403)
        refuse(customer.page, "/users/password", 403)
        refuse(customer.page, "/users/email", 403)

        customer.opens("account")
        customer.is_told("Accounts are managed elsewhere, not on this page.")
        customer.fills("New email address", customer.email)
        customer.fills("Password to change the address", PASSWORD)
        customer.presses("Change email address")
        customer.fills("Current password", PASSWORD)
        customer.fills("New password", NEW_PASSWORD)
        customer.presses("Change password")

        alerts = customer.page.get_by_role("alert")
        expect(alerts).to_contain_text(["Accounts are managed elsewhere"] * 3)

    def test_signing_out_without_a_connection_says_that_it_is_for_this_page_only(
        self, customer: Customer
    ) -> None:
        customer.expects_console_error("net::ERR_FAILED")
        customer.page.route("**/users/logout", lambda route: route.abort())
        customer.opens("account")

        customer.presses("Sign out everywhere")

        customer.sees("Sign in")
        expect(customer.page.get_by_text("perhaps not on other devices")).to_be_visible()


def turn_on_mfa(customer: Customer) -> str:
    """Set up an authenticator app, on another device. Returns its secret."""
    url = customer.outputs["GatewayUrl"] + "/users"
    credentials = {"username": customer.name, "password": PASSWORD}
    tokens = request("POST", f"{url}/login", credentials).body
    authorization = {"Authorization": tokens["accessToken"]}
    secret: str = request("POST", f"{url}/mfa", None, authorization).body["secret"]
    turned_on = request("PUT", f"{url}/mfa", {"code": totp(secret)}, authorization)
    assert turned_on.status == 200, turned_on
    return secret


@every_view
def test_every_page_after_a_refusal_is_accessible(
    browser: Browser, outputs: Outputs, scheme: Scheme, size: Size
) -> None:
    with open_view(browser, scheme, size) as view:
        page = view.page
        visitor = Customer(page, outputs, f"visitor-{uuid.uuid4().hex[:8]}")
        visitor.visits()
        refuse(page, "/users", 409, "username: too similar to an existing name")
        visitor.presses("Create an account")
        visitor.fills("Username", visitor.name)
        visitor.fills("Email address", visitor.email)
        visitor.fills("Password", PASSWORD)
        visitor.presses("Create account")
        visitor.is_told_at("Username", "This looks like the username of somebody else.")
        view.check("refusal-name")
        page.unroute("**/users")
        visitor.presses("Create account")
        visitor.sees("Confirm your email address")
        refuse(page, "/users/resend-code", 429, message="too many attempts")
        visitor.presses("Send another code")
        visitor.is_told("Too many attempts")
        view.check("refusal-confirmation")
        refuse(page, "/users/confirm", 409, "email: taken")
        visitor.fills("Code", "000000")
        visitor.presses("Confirm")
        visitor.sees("This email address is in use")
        view.check("refusal-address")
        visitor.presses("Back to sign in")
        refuse(page, "/users/login", 403, "user: password reset required")
        visitor.signs_in()
        visitor.sees("Choose a new password")
        view.check("refusal-reset")
        visitor.presses("Back to sign in")
        page.unroute("**/users/login")
        create_user(outputs, f"{visitor.name}-made", temporary=True)
        made = replace(visitor, name=f"{visitor.name}-made")
        refuse(page, "/users/challenge", 401)
        made.signs_in()
        made.fills("New password", NEW_PASSWORD)
        made.presses("Set password")
        made.sees("Sign in")
        view.check("refusal-challenge")
        page.unroute("**/users/challenge")
        made.signs_in()
        made.fills("New password", NEW_PASSWORD)
        made.presses("Set password")
        made.sees("Orders")
        page.route("**/users/mfa", lambda route: route.fulfill(json={"mfa": True}))
        made.opens("account")
        page.get_by_role("button", name="Replace the app").scroll_into_view_if_needed()
        view.check("account-replace")

    assert view.problems == []
