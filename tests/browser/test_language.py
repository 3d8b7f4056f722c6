"""The language of the web client: the browser's at first, then the one that the user chooses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.customer import PASSWORD, Customer

pytestmark = pytest.mark.xdist_group("browser")


def choose(page: Page, name: str) -> None:
    page.locator("#language").select_option(label=name)


def test_the_language_is_the_browsers_until_the_user_chooses_another_one(
    browser: Browser, visitor: Customer
) -> None:
    visitor.is_created()
    context = browser.new_context(locale="de-AT")
    page = context.new_page()
    german = replace(visitor, page=page)
    page.goto(visitor.outputs["GatewayUrl"])
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")

    page.get_by_label("Benutzername oder E-Mail-Adresse").fill(visitor.name)
    page.get_by_label("Passwort").fill("wrong")
    german.presses("Anmelden")
    german.is_told("Der Benutzername oder das Passwort ist falsch.")
    page.get_by_label("Passwort").fill(PASSWORD)
    german.presses("Anmelden")
    german.sees("Bestellungen")
    german.opens("account")
    german.sees("Konto")
    choose(page, "English")

    german.sees("Account")
    expect(page).to_have_title("Account · Storefront")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    german.sees("Account")  # in English, although the browser prefers German
    context.close()


def test_a_language_that_cannot_be_loaded_is_not_chosen(visitor: Customer) -> None:
    """fault 96"""
    visitor.expects_console_error("net::ERR_FAILED")
    page = visitor.page
    page.route("**/languages/de.js", lambda route: route.abort(), times=1)

    choose(page, "Deutsch")

    failed = page.get_by_role("status").filter(has_text="The language could not be loaded")
    expect(failed).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("#language")).to_have_value("en")
