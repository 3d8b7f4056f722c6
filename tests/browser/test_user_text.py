"""The web client shows text of users as text, never as HTML."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, expect

from local.api_user import ApiUser
from tests.browser.customer import Customer
from tests.browser.gallery import file, tile, upload
from tests.harness import pictures

pytestmark = pytest.mark.xdist_group("browser")

SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_html_in_names_messages_and_titles_is_text(customer: Customer, other: ApiUser) -> None:
    """fault 46"""
    dialogs: list[Dialog] = []

    def record(dialog: Dialog) -> None:
        dialogs.append(dialog)
        dialog.dismiss()

    customer.page.on("dialog", record)
    other.request("POST", "/messages", {"to": customer.name, "text": SCRIPT})
    other.request("POST", "/groups", {"name": SCRIPT, "description": SCRIPT})

    customer.opens("orders/new")
    customer.fills("Note", SCRIPT)
    customer.orders(SCRIPT)
    expect(customer.page.locator(".confirmation").get_by_text(SCRIPT)).to_have_count(2)
    customer.closes()
    customer.opens("pictures")
    exif = pictures.exif([pictures.ascii_tag(0x10E, SCRIPT)])
    upload(customer, file(SCRIPT.replace("/", ""), pictures.jpeg(exif=exif)))
    tile(customer, SCRIPT.replace("/", ""), "READY").get_by_role("link").click()
    customer.page.get_by_text("All details").click()
    expect(customer.page.get_by_role("dialog").get_by_text(SCRIPT)).to_be_visible()
    customer.closes()
    customer.opens("groups")
    customer.page.get_by_role("link", name=SCRIPT).first.click()
    customer.sees(SCRIPT)
    customer.opens(f"messages/{other.sub}")
    expect(customer.page.locator(".bubbles").get_by_text(SCRIPT, exact=True)).to_be_visible()
    customer.opens("notifications")
    expect(customer.page.get_by_text(f"note: {SCRIPT}").first).to_be_visible()

    assert [dialog.message for dialog in dialogs] == []
    assert customer.page.locator("#app script, img[onerror]").count() == 0
