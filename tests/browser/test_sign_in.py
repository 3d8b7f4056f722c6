"""Signing up, in and out in the web client."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import NEW_PASSWORD, PASSWORD, Customer
from tests.e2e.test_users import totp

pytestmark = pytest.mark.xdist_group("stack")


def register(visitor: Customer) -> None:
    visitor.press("Create an account")
    visitor.type("Name", visitor.name)
    visitor.type("Email address", visitor.email)
    visitor.type("Password", PASSWORD)
    visitor.press("Create the account")
    visitor.sees("Confirm your address")


def test_a_visitor_registers_confirms_and_is_in(visitor: Customer) -> None:
    register(visitor)
    visitor.type("Code", visitor.code())
    visitor.press("Confirm")

    visitor.sees("Orders")


def test_who_left_before_confirming_is_asked_for_the_code_again(visitor: Customer) -> None:
    visitor.expects("status of 403")
    register(visitor)
    visitor.press("Back to sign in")
    visitor.sign_in()
    visitor.sees("Confirm your address")
    visitor.press("Send another code")
    visitor.type("Code", visitor.code(after=1))
    visitor.press("Confirm")

    visitor.sees("Orders")


def test_a_faulty_registration_is_told_at_its_fields(visitor: Customer) -> None:
    visitor.expects("status of 400")
    visitor.press("Create an account")
    visitor.type("Name", visitor.name)
    visitor.press("Create the account")
    email = visitor.page.get_by_label("Email address")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_be_focused()
    visitor.type("Email address", visitor.email)
    visitor.type("Password", "weak")
    visitor.press("Create the account")

    password = visitor.page.get_by_label("Password")
    expect(password).to_have_attribute("aria-invalid", "true")
    expect(password).to_be_focused()
    expect(visitor.page.locator(".problem")).to_contain_text("Password must have")


def test_a_wrong_password_is_refused(visitor: Customer) -> None:
    visitor.expects("status of 401")
    visitor.make()
    visitor.sign_in("wrong")

    expect(visitor.page.get_by_role("alert")).to_be_visible()
    visitor.sign_in()
    visitor.sees("Orders")


def test_a_temporary_password_is_replaced(visitor: Customer) -> None:
    visitor.make(temporary=True)
    visitor.sign_in()
    visitor.sees("Choose a password")
    visitor.type("New password", NEW_PASSWORD)
    visitor.press("Set the password")

    visitor.sees("Orders")


def test_a_forgotten_password_is_replaced(visitor: Customer) -> None:
    visitor.expects("status of 400")
    register(visitor)
    visitor.type("Code", visitor.code())
    visitor.press("Confirm")
    visitor.sees("Orders")
    visitor.page.reload()
    visitor.press("Forgotten password")
    visitor.type("Name or email address", visitor.name)
    visitor.press("Send a code")
    visitor.sees("New password")
    visitor.type("Code", visitor.code(after=1))
    visitor.type("New password", "weak")
    visitor.press("Set the password")
    expect(visitor.page.get_by_label("New password")).to_have_attribute("aria-invalid", "true")
    visitor.type("New password", NEW_PASSWORD)
    visitor.press("Set the password")

    visitor.sees("Orders")


def test_an_authenticator_app_is_set_up_and_asked_for(customer: Customer) -> None:
    customer.expects("status of 400")
    customer.open("account")
    customer.press("Set one up")
    secret = customer.page.locator(".key").inner_text()
    customer.type("Code", "000000")
    customer.press("Turn it on")
    expect(customer.page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    customer.type("Code", totp(secret))
    customer.press("Turn it on")
    expect(customer.page.get_by_text("Every sign-in asks for its code")).to_be_visible()
    customer.press("Sign out everywhere")
    customer.sign_in()
    customer.sees("Authenticator app")
    customer.type("Code", totp(secret))
    customer.press("Sign in")

    customer.sees("Orders")


def test_signing_out_leaves_nothing_behind(customer: Customer) -> None:
    customer.open("account")
    customer.press("Sign out everywhere")

    expect(customer.page.get_by_text("You are signed out")).to_be_visible()
    kept = "[localStorage.length, sessionStorage.length, document.cookie]"
    assert customer.page.evaluate(kept) == [0, 0, ""]


def test_a_token_is_renewed_before_it_expires(visitor: Customer) -> None:
    def expire(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps({**answer.json(), "expiresIn": 1}))

    visitor.make()
    visitor.page.route("**/users/login", expire)
    with visitor.page.expect_response("**/users/refresh") as renewed:
        visitor.sign_in()

    assert renewed.value.status == 200
    visitor.sees("Orders")
