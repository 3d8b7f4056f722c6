"""Registration, sign-in and sign-out in the web client."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import pyvips
import zxingcpp
from playwright.sync_api import Locator, Route, expect

from tests.browser.customer import NEW_PASSWORD, PASSWORD, Customer, sign_out_user
from tests.e2e.test_users import totp

pytestmark = pytest.mark.xdist_group("browser")


def scanned(image: Locator) -> str:
    """Return the text of a QR code on the page, read by another library from a screenshot."""
    picture = pyvips.Image.new_from_buffer(image.screenshot(), "").colourspace("b-w").flatten()
    pixels = memoryview(picture.write_to_memory()).cast("B", (picture.height, picture.width))
    [code] = zxingcpp.read_barcodes(pixels)
    return str(code.text)


def test_a_visitor_registers_and_is_signed_in_after_confirming(visitor: Customer) -> None:
    visitor.registers()

    visitor.fills("Code", visitor.mailed_code())
    visitor.presses("Confirm")

    visitor.sees("Orders")


def test_an_unconfirmed_user_is_asked_for_a_code_at_sign_in(visitor: Customer) -> None:
    visitor.expects_console_error("status of 403")
    visitor.registers()
    visitor.presses("Back to sign in")

    visitor.signs_in()
    visitor.sees("Confirm your email address")
    visitor.presses("Send another code")
    visitor.fills("Code", visitor.mailed_code(after=1))
    visitor.presses("Confirm")

    visitor.sees("Orders")


def test_invalid_fields_of_a_registration_are_marked(visitor: Customer) -> None:
    visitor.expects_console_error("status of 400")
    visitor.presses("Create an account")
    visitor.fills("Username", visitor.name)
    visitor.presses("Create account")
    email = visitor.page.get_by_label("Email address")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_be_focused()
    visitor.fills("Email address", visitor.email)
    visitor.fills("Password", "Weak")
    kept = visitor.page.get_by_role("list", name="Rules").locator(".kept")
    expect(kept).to_contain_text(["a lower-case letter", "an upper-case letter"])
    password = visitor.page.get_by_label("Password")
    visitor.presses("Show password (Password)")
    expect(password).to_have_attribute("type", "text")
    visitor.presses("Create account")

    expect(password).to_have_attribute("aria-invalid", "true")
    expect(password).to_be_focused()
    expect(visitor.page.locator(".problem")).to_contain_text("Password must have")


def test_a_wrong_password_is_refused(visitor: Customer) -> None:
    visitor.expects_console_error("status of 401")
    visitor.is_created()

    visitor.signs_in("wrong")

    expect(visitor.page.get_by_role("alert")).to_be_visible()
    visitor.signs_in()
    visitor.sees("Orders")


def test_a_temporary_password_is_replaced(visitor: Customer) -> None:
    visitor.is_created(temporary=True)
    visitor.signs_in()
    visitor.sees("Choose a password")

    visitor.fills("New password", NEW_PASSWORD)
    visitor.presses("Set password")

    visitor.sees("Orders")


def test_a_forgotten_password_is_replaced(visitor: Customer) -> None:
    visitor.expects_console_error("status of 400")
    visitor.registers()
    visitor.fills("Code", visitor.mailed_code())
    visitor.presses("Confirm")
    visitor.sees("Orders")
    visitor.opens_account()
    visitor.presses("Sign out")

    visitor.presses("Forgot your password?")
    visitor.fills("Username or email address", visitor.name)
    visitor.presses("Send code")
    visitor.sees("Choose a new password")
    visitor.fills("Code", visitor.mailed_code(after=1))
    visitor.fills("New password", "weak")
    visitor.presses("Set password")
    expect(visitor.page.get_by_label("New password")).to_have_attribute("aria-invalid", "true")
    visitor.fills("New password", NEW_PASSWORD)
    visitor.presses("Set password")

    visitor.sees("Orders")


def test_after_setting_up_an_authenticator_app_sign_in_requires_its_code(
    customer: Customer,
) -> None:
    customer.expects_console_error("status of 400")
    customer.opens_account()
    customer.presses("Set up")
    key = urlsplit(scanned(customer.page.get_by_role("img", name="QR code")))
    secret = parse_qs(key.query)["secret"][0]
    customer.fills("Code", "000000")
    customer.presses("Turn on")
    customer.is_told_at("Code", "This code is wrong or has expired.")
    customer.fills("Code", totp(secret))
    customer.presses("Turn on")
    expect(customer.page.get_by_text("Every sign-in requires a code")).to_be_visible()

    customer.presses("Sign out everywhere")
    customer.signs_in()
    customer.sees("Authenticator app")
    customer.fills("Code", totp(secret, after=30))
    customer.presses("Sign in")
    customer.sees("Orders")


def test_an_authenticator_app_is_turned_off_with_the_password(customer: Customer) -> None:
    customer.expects_console_error("status of 400")
    customer.opens_account()
    customer.presses("Set up")
    customer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    customer.presses("Copy the key")
    expect(customer.page.get_by_text("Copied.")).to_be_visible()
    secret = customer.page.evaluate("navigator.clipboard.readText()")
    customer.fills("Code", totp(secret))
    customer.presses("Turn on")
    customer.fills("Password to turn it off", NEW_PASSWORD)
    customer.presses("Turn off")
    customer.is_told_at("Password to turn it off", "This is not your password.")
    customer.fills("Password to turn it off", PASSWORD)
    customer.presses("Turn off")
    expect(customer.page.get_by_text("the password alone is not enough")).to_be_visible()

    customer.presses("Sign out")
    customer.signs_in()

    customer.sees("Orders")


def test_a_user_changes_the_password_and_signs_in_with_the_new_one(customer: Customer) -> None:
    """fault 57"""
    customer.expects_console_error("status of 400")
    customer.opens_account()
    customer.fills("Current password", NEW_PASSWORD)
    customer.fills("New password", NEW_PASSWORD)
    customer.presses("Change password")
    wrong = customer.page.get_by_label("Current password")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    customer.fills("Current password", PASSWORD)
    customer.presses("Change password")
    expect(customer.page.get_by_text("Your password is changed.")).to_be_visible()

    customer.signs_in(NEW_PASSWORD)

    customer.sees("Orders")
    customer.is_live()


def test_a_user_changes_the_email_address_with_the_code_from_the_new_one(
    customer: Customer,
) -> None:
    """fault 125"""
    page, new = customer.page, replace(customer, name=f"new-{customer.name}")
    profile = page.get_by_role("region", name="Profile")
    customer.expects_console_error("status of 400")
    customer.opens_account()
    customer.fills("New email address", customer.email)
    customer.fills("Password to change the address", NEW_PASSWORD)
    customer.presses("Change email address")
    customer.is_told_at("Password to change the address", "This is not your password.")
    customer.fills("Password to change the address", PASSWORD)
    customer.presses("Change email address")
    customer.is_told_at("New email address", "This is your email address already.")
    customer.fills("New email address", new.email)
    customer.presses("Change email address")
    code = page.get_by_label("Code")
    expect(code).to_be_focused()
    expect(code).to_have_accessible_description(re.compile(f"If {new.email} can be used"))
    expect(profile).to_contain_text(customer.email)
    assert PASSWORD not in page.evaluate("JSON.stringify(sessionStorage)")

    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    customer.fills("Code", "000000")
    customer.presses("Confirm")
    customer.is_told_at("Code", "This code is wrong or has expired.")
    customer.presses("Another address or code")
    customer.fills("New email address", new.email)
    customer.fills("Password to change the address", PASSWORD)
    customer.presses("Change email address")
    customer.fills("Code", new.mailed_code(after=1))
    customer.presses("Confirm")

    expect(page.get_by_text("Your email address is changed.")).to_be_visible()
    expect(profile).to_contain_text(new.email)
    expect(page.get_by_role("region", name="Email address").locator(":focus")).to_be_visible()
    page.reload()
    expect(profile).to_contain_text(new.email)


def test_a_user_deletes_the_account_and_cannot_sign_in_again(customer: Customer) -> None:
    """fault 65"""
    customer.expects_console_error("status of 400")
    customer.expects_console_error("status of 401")
    customer.expects_console_error("status of 403")
    customer.opens_account()
    customer.fills("Password of this account", NEW_PASSWORD)
    customer.presses("Delete my account for ever")
    customer.is_told_at("Password of this account", "This is not your password.")
    customer.fills("Password of this account", PASSWORD)
    customer.presses("Delete my account for ever")
    expect(customer.page.get_by_text("Your account is deleted.")).to_be_visible()

    customer.signs_in()

    expect(customer.page.get_by_role("alert")).to_be_visible()


def test_a_user_with_an_authenticator_deletes_the_account_with_its_code(
    customer: Customer,
) -> None:
    customer.expects_console_error("status of 400")
    customer.opens_account()
    customer.presses("Set up")
    key = urlsplit(scanned(customer.page.get_by_role("img", name="QR code")))
    secret = parse_qs(key.query)["secret"][0]
    customer.fills("Code", totp(secret))
    customer.presses("Turn on")
    expect(customer.page.get_by_text("Every sign-in requires a code")).to_be_visible()

    customer.fills("Password of this account", PASSWORD)
    customer.presses("Delete my account for ever")
    customer.is_told_at("Code", "Enter the code that your authenticator app shows.")
    customer.fills("Code", totp(secret, after=30))
    customer.presses("Delete my account for ever")

    expect(customer.page.get_by_text("Your account is deleted.")).to_be_visible()


def test_a_changed_password_is_the_reason_also_if_the_connection_closes_first(
    visitor: Customer,
) -> None:
    def answer_late(route: Route) -> None:
        response = route.fetch()
        expect(visitor.page.locator(".connection.connecting")).to_be_visible()
        route.fulfill(response=response)

    visitor.page.route("**/users/password", answer_late)
    visitor.is_created()
    visitor.signs_in()
    visitor.is_live()
    visitor.opens_account()

    visitor.fills("Current password", PASSWORD)
    visitor.fills("New password", NEW_PASSWORD)
    visitor.presses("Change password")

    expect(visitor.page.get_by_text("Your password is changed.")).to_be_visible()


def test_a_session_that_an_administrator_ends_leads_to_the_sign_in_page(
    customer: Customer,
) -> None:
    """fault 57"""
    customer.expects_console_error("status of 401")

    sign_out_user(customer.outputs, customer.name)

    expect(customer.page.get_by_text("Your session has ended.")).to_be_visible()


def test_signing_out_leaves_nothing_in_the_browser(customer: Customer) -> None:
    customer.opens_account()

    customer.presses("Sign out everywhere")

    expect(customer.page.get_by_text("You are signed out")).to_be_visible()
    stored = "[localStorage.length, sessionStorage.length, document.cookie]"
    assert customer.page.evaluate(stored) == [0, 0, ""]


def test_a_token_is_renewed_before_it_expires(visitor: Customer) -> None:
    def expire(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=json.dumps({**response.json(), "expiresIn": 1}))

    visitor.is_created()
    visitor.page.get_by_label("Stay signed in").uncheck()
    visitor.page.route("**/users/login", expire)

    with visitor.page.expect_response("**/users/refresh") as renewed:
        visitor.signs_in()

    assert renewed.value.status == 200
    visitor.sees("Orders")
