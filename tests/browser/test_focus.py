"""The focus is never lost, what happens is read out, and pages and links have complete names."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.scripted import Scripted
from tests.harness import long_content
from tests.harness.scripted_api import Call

ELEMENTS_WITHOUT_A_NAME = """
() => [...document.querySelectorAll("a[href], button, input, select, textarea")]
  .filter((each) => each.checkVisibility())
  .filter((each) => !(each.ariaLabel || each.labels?.[0]?.textContent || each.textContent).trim())
  .map((each) => each.outerHTML)
"""


def expect_focus(page: Page, *tags: str) -> None:
    """Wait until an element with one of these tags has the focus."""
    expect(page.locator(", ".join(f"{tag}:focus" for tag in tags))).to_be_attached()


def test_the_focus_is_never_lost(scripted: Scripted) -> None:
    """fault 106"""
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    images = [{**long_content.image(3 * number), "title": f"{number}.png"} for number in range(30)]
    messages = [long_content.message(2 * number + 1) for number in range(40)]
    api.answers("GET /images", lambda call: long_content.paged("images", images, call))
    own = {image["imageID"]: {**image, "metadata": {}} for image in images}
    api.answers("GET /images/{imageID}", lambda call: (200, own[call.path["imageID"]]))
    api.answers("DELETE /images/{imageID}", lambda _: (204, None))
    api.answers("GET /messages", lambda call: long_content.conversation(messages, call))
    api.answers("DELETE /messages/{messageID}", lambda _: (204, None))
    api.answers("GET /users/me", long_content.USER)
    scripted.signs_in()

    customer.opens("pictures")
    expect(page.get_by_role("heading", name="Pictures")).to_be_focused()
    expect(page.locator(".tile")).to_have_count(24)
    page.get_by_role("button", name="Show more pictures").click()
    expect(page.get_by_role("link", name="24.png")).to_be_focused()
    page.get_by_role("link", name="24.png").click()
    customer.closes()
    expect(page.get_by_role("link", name="24.png")).to_be_focused()
    page.get_by_role("link", name="24.png").click()
    page.get_by_role("button", name="Delete…").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Delete…")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page).to_have_url(re.compile("#/pictures$"))
    expect(page.locator(".tile")).to_have_count(29)
    expect_focus(page, "a")

    customer.opens("messages")
    page.locator(".conversation a").click()
    expect(page.get_by_role("heading", name=long_content.NAME)).to_be_focused()
    expect(page.locator(".bubbles li")).to_have_count(30)
    for _ in range(4):  # the messages, "show more", all "Delete" together, the field
        page.keyboard.press("Tab")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    expect_focus(page, "button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".bubbles li")).to_have_count(29)
    expect_focus(page, "button")
    page.get_by_role("button", name="Show more messages").click()
    expect(page.locator(".bubbles li")).to_have_count(39)
    expect_focus(page, "button", "li")
    customer.opens("messages")
    expect(page.locator(".conversation a")).to_be_focused()


def test_announcements_are_not_overwritten(scripted: Scripted) -> None:
    customer, page = scripted.customer, scripted.customer.page
    scripted.signs_in()
    region = page.get_by_role("status").filter(has_text="Created")
    customer.opens("groups")
    for name in ("Window", "Door"):
        customer.fills("Name", name)
        customer.presses("Create group")
        expect(region).to_contain_text(f"Created: {name}")

    customer.opens("pictures")

    expect(region).to_contain_text("Created: Window")
    expect(region).to_contain_text("Created: Door")
    regions = page.locator("[aria-live=polite]")
    expect(regions).to_have_count(1)
    expect(regions).not_to_have_css("visibility", "hidden")


def test_titles_name_the_page_and_what_is_unread(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    latest = {"with": "bob", "withID": long_content.OTHER, "unread": 3}
    message = long_content.message(0)

    def answer(call: Call) -> tuple[int, Any]:
        if "withID" in call.query:
            return 200, {"with": "bob", "withID": latest["withID"], "messages": [], "next": None}
        return 200, {"conversations": [{**latest, "latest": message}], "next": None}

    api.answers("GET /messages", answer)
    customer.visits()
    expect(page).to_have_title("Sign in · Storefront")
    customer.signs_in()
    for path, name in {
        "orders": "Orders",
        "pictures": "Pictures",
        "messages": "Messages",
        f"messages/{long_content.OTHER}": "bob",
        f"groups/{long_content.group(0)['groupID']}": "Gloves",
        "account": "Account",
    }.items():
        customer.opens(path)
        expect(page).to_have_title(f"(3) {name} · Storefront")
        assert page.evaluate(ELEMENTS_WITHOUT_A_NAME) == []
