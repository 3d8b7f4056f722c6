"""Everybody can use the web client: with a screen reader, by keyboard, on any screen."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from local.api_user import ApiUser
from local.emulator_clients import Outputs
from tests.browser.customer import PASSWORD, Customer
from tests.browser.gallery import EXIF_WITH_LOCATION, file, tile, upload
from tests.browser.views import Scheme, Size, every_view, open_view
from tests.harness import pictures

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def regular(browser: Browser, outputs: Outputs) -> Customer:
    """A user who has content on every page."""
    context = browser.new_context()
    regular = Customer(context.new_page(), outputs, f"regular-{uuid.uuid4().hex[:8]}")
    api_user = ApiUser.sign_in(outputs, regular.name)
    friend = ApiUser.sign_in(outputs, f"ann-{uuid.uuid4().hex[:4]}")
    gloves = {"item": "Latex gloves", "quantity": 2, "customerID": "12345"}
    for order in ({"item": "Stapler", "note": "By the back door, please."}, gloves):
        api_user.request("POST", "/orders", order)
    for text in ("Are the gloves in?", "Both sizes, please."):
        friend.request("POST", "/messages", {"to": regular.name, "text": text})
    friend.request("POST", "/groups", {"name": "Window", "description": "Goods in the window"})
    regular.is_created()
    regular.visits()
    regular.signs_in()
    regular.sees("Orders")
    regular.opens("pictures")
    upload(
        regular,
        file("door.jpg", pictures.picture("image/jpeg", 400, 300)),
        file("boat.jpg", pictures.jpeg(exif=EXIF_WITH_LOCATION)),
        file("torn.jpg", b"x"),
    )
    for title, status in {"door.jpg": "READY", "boat.jpg": "READY", "torn.jpg": "FAILED"}.items():
        expect(tile(regular, title, status)).to_be_visible()
    context.close()
    return regular


@every_view
def test_every_page_is_accessible(
    browser: Browser, regular: Customer, scheme: Scheme, size: Size
) -> None:
    with open_view(browser, scheme, size) as view:
        page = view.page
        customer = replace(regular, page=page)

        customer.visits()
        view.check("sign-in")
        customer.presses("Create an account")
        customer.presses("Create account")
        view.check("registration")
        customer.presses("Back to sign in")
        customer.signs_in()
        customer.is_live()
        expect(page.get_by_text("Latex gloves")).to_be_visible()
        page.get_by_role("link", name="New order").click()
        expect(page.get_by_role("button", name="Stapler")).to_be_visible()
        view.check("new-order")
        customer.orders("Pencils")
        expect(page.locator("[data-stage=notified].done")).to_be_visible()
        view.check("confirmation")
        page.keyboard.press("Escape")
        view.check("orders")
        page.get_by_role("link", name="Stapler").click()
        expect(page.locator(".track [aria-current=step]")).to_contain_text("received")
        customer.presses("Cancel order…")
        view.check("order")
        customer.opens("pictures")
        tile(customer, "boat.jpg", "READY").scroll_into_view_if_needed()
        view.check("pictures")
        tile(customer, "boat.jpg", "READY").get_by_role("link").click()
        customer.presses("Show location")
        page.get_by_text("All details").click()
        view.check("viewer")
        customer.closes()
        customer.opens("groups")
        expect(page.get_by_role("link", name="Window").first).to_be_visible()
        view.check("groups")
        page.get_by_role("link", name="Window").first.click()
        expect(page.get_by_text("No pictures yet")).to_be_visible()
        view.check("group")
        customer.opens("messages")
        expect(page.locator(".conversation")).to_be_visible()
        view.check("messages")
        page.locator(".conversation a").click()
        expect(page.locator(".bubbles li")).to_have_count(2)
        view.check("conversation")
        customer.opens("notifications")
        expect(page.get_by_text("item: Pencils").first).to_be_visible()
        view.check("mail")
        customer.opens("account")
        customer.presses("Set up")
        expect(page.locator(".key")).to_be_visible()
        customer.fills("New email address", f"new-{customer.email}")
        customer.fills("Password to change the address", PASSWORD)
        customer.presses("Change email address")
        expect(page.get_by_role("button", name="Confirm")).to_be_visible()
        view.check("account")

    assert view.problems == []


def test_an_order_is_placed_by_keyboard_alone(customer: Customer) -> None:
    page = customer.page
    page.get_by_role("link", name="Skip to content").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    item = page.get_by_label("Item")
    expect(
        item
    ).to_be_visible()  # until then the dialog is closed, and takes the focus when it opens
    item.focus()
    page.keyboard.type("stapler")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="New order")).to_be_focused()
    expect(page.get_by_role("link", name="stapler")).to_be_visible()


def test_a_new_page_has_the_focus_on_its_heading(customer: Customer) -> None:
    customer.opens("pictures")

    expect(customer.page.get_by_role("heading", name="Pictures")).to_be_focused()
