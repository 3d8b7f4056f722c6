"""Every page of the web client: safe, accessible, and worth a look."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Dialog, Page, ViewportSize, expect

from local.api_user import Shopper
from local.emulator_clients import Outputs
from local.stack_probe import seen
from project.template import ROOT
from tests import pictures
from tests.browser.conftest import Customer
from tests.browser.test_pictures import WITH_PLACE, file, tile, upload

pytestmark = pytest.mark.xdist_group("stack")

SCREENSHOTS = ROOT / ".local" / "screenshots"
SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
SIZES = {
    "desktop": ViewportSize(width=1280, height=800),
    "phone": ViewportSize(width=390, height=844),
}


def test_html_in_names_messages_and_titles_is_text(customer: Customer, other: Shopper) -> None:
    """fault 46"""
    dialogs: list[Dialog] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog)
        dialog.dismiss()

    customer.page.on("dialog", note)
    other.request("POST", "/messages", {"to": customer.name, "text": SCRIPT})
    other.request("POST", "/groups", {"name": SCRIPT, "description": SCRIPT})
    friend = other.request("GET", "/users/me").body["username"]

    customer.type("Item", SCRIPT)
    customer.type("Note", SCRIPT)
    customer.press("Place the order")
    expect(customer.page.locator(".placed").get_by_text(SCRIPT)).to_have_count(2)
    customer.open("pictures")
    exif = pictures.exif([pictures.ascii_tag(0x10E, SCRIPT)])
    upload(customer, file(SCRIPT.replace("/", ""), pictures.jpeg(exif=exif)))
    tile(customer, SCRIPT.replace("/", ""), "READY").get_by_role("button").click()
    expect(customer.page.get_by_role("dialog").get_by_text(SCRIPT)).to_be_visible()
    customer.page.keyboard.press("Escape")
    customer.open("groups")
    customer.page.get_by_role("link", name=SCRIPT).first.click()
    customer.sees(SCRIPT)
    customer.open(f"messages/{friend}")
    expect(customer.page.locator(".bubbles").get_by_text(SCRIPT, exact=True)).to_be_visible()
    customer.open("notifications")
    expect(customer.page.get_by_text(f"note: {SCRIPT}").first).to_be_visible()

    assert dialogs == []
    assert customer.page.locator("#app script, img[onerror]").count() == 0


def test_the_client_is_small() -> None:
    files = [each for each in (ROOT / "web").rglob("*.*") if each.suffix != ".svg"]

    assert sum(each.stat().st_size for each in files) < 100_000


@dataclass(frozen=True)
class View:
    """One way to look at the client."""

    scheme: Literal["light", "dark"]
    size: Literal["desktop", "phone"]

    def check(self, page: Page, name: str) -> list[str]:
        """Keep a picture of the page, and answer what axe finds serious about it."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        # Not by wait_for_function, whose later looks the page's security policy forbids.
        loaded = "[...document.images].every(image => image.complete)"
        seen("all images", lambda: page.evaluate(loaded))
        page.screenshot(path=SCREENSHOTS / f"{name}-{self.scheme}-{self.size}.png")
        page.evaluate(AXE)
        found: list[dict[str, Any]] = page.evaluate("axe.run().then(found => found.violations)")
        return [
            f"{name}: {each['id']} at {node['target']}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]


@pytest.fixture(scope="module")
def regular(browser: Browser, outputs: Outputs) -> Customer:
    """A user who has something on every page."""
    context = browser.new_context()
    regular = Customer(context.new_page(), outputs, f"regular-{uuid.uuid4().hex[:8]}")
    shopper = Shopper.sign_in(outputs, regular.name)
    friend = Shopper.sign_in(outputs, f"ann-{uuid.uuid4().hex[:4]}")
    gloves = {"item": "Latex gloves", "quantity": 2, "customerID": "12345"}
    for order in ({"item": "Stapler", "note": "By the back door, please."}, gloves):
        shopper.request("POST", "/orders", order)
    for text in ("Are the gloves in?", "Both sizes, please."):
        friend.request("POST", "/messages", {"to": regular.name, "text": text})
    friend.request("POST", "/groups", {"name": "Window", "description": "What stands in it"})
    regular.make()
    regular.arrive()
    regular.sign_in()
    regular.sees("Orders")
    regular.open("pictures")
    door = file("door.jpg", pictures.picture("image/jpeg", 400, 300))
    upload(regular, door, file("boat.jpg", pictures.jpeg(exif=WITH_PLACE)), file("torn.jpg", b"x"))
    for title, status in {"door.jpg": "READY", "boat.jpg": "READY", "torn.jpg": "FAILED"}.items():
        expect(tile(regular, title, status)).to_be_visible()
    context.close()
    return regular


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_used_by_everybody(
    browser: Browser,
    regular: Customer,
    scheme: Literal["light", "dark"],
    size: Literal["desktop", "phone"],
) -> None:
    view = View(scheme, size)
    context = browser.new_context(
        color_scheme=scheme, viewport=SIZES[size], reduced_motion="reduce"
    )
    page = context.new_page()
    customer = replace(regular, page=page)

    customer.arrive()
    found = view.check(page, "sign-in")
    customer.press("Create an account")
    customer.press("Create the account")
    found += view.check(page, "registration")
    customer.press("Back to sign in")
    customer.sign_in()
    customer.is_live()
    expect(page.get_by_text("Latex gloves")).to_be_visible()
    customer.type("Item", "Pencils")
    customer.press("Place the order")
    expect(page.locator("[data-stage=notified].done")).to_be_visible()
    found += view.check(page, "orders")
    customer.open("pictures")
    tile(customer, "boat.jpg", "READY").scroll_into_view_if_needed()
    found += view.check(page, "pictures")
    tile(customer, "boat.jpg", "READY").get_by_role("button").click()
    customer.press("Show where it was taken")
    found += view.check(page, "viewer")
    page.keyboard.press("Escape")
    customer.open("groups")
    expect(page.get_by_role("link", name="Window").first).to_be_visible()
    found += view.check(page, "groups")
    page.get_by_role("link", name="Window").first.click()
    expect(page.get_by_text("No pictures yet")).to_be_visible()
    found += view.check(page, "group")
    customer.open("messages")
    expect(page.locator(".conversation")).to_be_visible()
    found += view.check(page, "messages")
    page.locator(".conversation a").click()
    expect(page.locator(".bubbles li")).to_have_count(2)
    found += view.check(page, "conversation")
    customer.open("notifications")
    expect(page.get_by_text("item: Pencils").first).to_be_visible()
    found += view.check(page, "mail")
    customer.open("account")
    customer.press("Set one up")
    expect(page.locator(".key")).to_be_visible()
    found += view.check(page, "account")
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    context.close()

    assert found == []
    assert not wide


def test_an_order_is_placed_by_keyboard_alone(customer: Customer) -> None:
    page = customer.page
    page.get_by_role("link", name="Skip to content").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("stapler")
    page.keyboard.press("Enter")

    expect(page.locator(".placed")).to_contain_text("stapler")
    expect(page.get_by_label("Item")).to_be_focused()
    customer.open("pictures")
    expect(page.get_by_role("heading", name="Pictures")).to_be_focused()
