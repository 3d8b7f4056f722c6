"""What makes the web client pleasant to use every day, on a phone and on a desktop."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.customer import Customer
from tests.browser.scripted import Scripted
from tests.harness import long_content
from tests.harness.scripted_api import ORIGIN, Call, ScriptedApi

# What can be pressed and is smaller than a finger. A link within a sentence may be.
TOO_SMALL = """
() => [...document.querySelectorAll("a[href], button, input, select, summary, label.button")]
  .filter((each) => each.checkVisibility() && !each.closest(".visually-hidden, .skip"))
  .filter((each) => !each.closest("p:not(.actions)"))
  .filter((each) => {
    const overlay = getComputedStyle(each, "::after").position === "absolute";
    const place = overlay ? each.closest("li") : (each.closest("label") ?? each);
    const { width, height } = place.getBoundingClientRect();
    return width < 43.5 || height < 43.5;
  })
  .map((each) => each.outerHTML.slice(0, 120))
"""

TINY_TEXT = """
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = new Set();
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (!data.trim() || !parent.checkVisibility() || parent.closest("svg")) continue;
    if (parseFloat(getComputedStyle(parent).fontSize) < 13) found.add(data.trim().slice(0, 40));
  }
  return [...found];
}
"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Scripted]:
    """A customer with content on every page, on a phone, whose API is a script."""
    context = browser.new_context(
        service_workers="block",
        reduced_motion="reduce",
        has_touch=True,
        is_mobile=True,
        viewport={"width": 390, "height": 844},
    )
    api = ScriptedApi(time.time())
    api.install(context)
    long_content.fill(api)
    api.answers("GET /users/me", long_content.USER)
    customer = Customer(context.new_page(), {"GatewayUrl": ORIGIN}, "ann")
    customer.record_console()
    yield Scripted(customer, api)
    context.close()
    customer.check_console()
    assert api.problems == []


def test_a_phone_has_five_tabs_large_targets_and_readable_text(phone: Scripted) -> None:
    customer, page = phone.customer, phone.customer.page
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = page.evaluate(TOO_SMALL) + page.evaluate(TINY_TEXT)

    customer.visits()
    look("sign-in")
    customer.signs_in()
    customer.sees("Orders")
    tabs = page.get_by_role("navigation", name="Main").get_by_role("link")
    expect(tabs.filter(visible=True)).to_have_count(5)
    for path, marker in {
        "orders": ".line",
        "orders/new": ".product",
        f"orders/{long_content.order(0)['orderID']}": ".history",
        "pictures": ".tile",
        f"pictures/{long_content.image(0)['imageID']}": ".facts dd",
        "groups": "main .card-link",
        "messages": ".conversation",
        f"messages/{long_content.OTHER}": ".bubbles li",
        "search/gloves": ".result",
        "account": "#deletion",
    }.items():
        customer.opens(path)
        expect(page.locator(marker).last).to_be_attached()
        look(path.split("/")[0] + ("/…" if "/" in path else ""))

    problems = [f"{name}: {each}" for name, listed in found.items() for each in listed]
    assert not problems, "\n".join(problems)


def test_messages_are_grouped_by_day_and_enter_makes_a_new_line_on_touch(phone: Scripted) -> None:
    customer, page, api = phone.customer, phone.customer.page, phone.api
    today = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(api.now - 1))
    messages = [{**long_content.message(0), "sentAt": today}]
    messages += [{**long_content.message(n), "sentAt": "2026-01-07T12:00:00Z"} for n in (1, 2)]
    api.answers("GET /messages", lambda call: long_content.conversation(messages, call))
    held: list[Call] = []

    def hold(call: Call) -> tuple[int, object]:
        held.append(call)
        return 500, {"message": "internal server error", "details": []}

    api.answers("POST /messages", hold)
    customer.expects_console_error("status of 500")
    customer.visits()
    customer.signs_in()
    customer.opens(f"messages/{long_content.OTHER}")

    days = page.locator(".days h3")
    expect(days).to_have_text(["Wednesday, January 7, 2026", "today"])
    field = page.get_by_label("Message", exact=True)
    field.fill("One line")
    field.press("Enter")
    field.press_sequentially("and another")
    assert held == []
    customer.presses("Send")

    sent = page.locator(".bubbles li").last
    expect(sent).to_contain_text("One line\nand another", use_inner_text=True)
    expect(field).to_have_value("")
    expect(sent.get_by_role("button", name="Try again")).to_be_visible()
    assert [call.body["text"] for call in held] == ["One line\nand another"]


def test_a_message_is_shown_before_it_is_answered(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    scripted.signs_in()
    customer.opens(f"messages/{long_content.OTHER}")
    asked = page.locator(".bubbles li")
    expect(page.get_by_text("No messages yet")).to_be_visible()
    held: list[Route] = []
    page.route("**/messages", lambda route: held.append(route))

    customer.fills("Message", "Are the gloves in?")
    with page.expect_request("**/messages"):
        customer.presses("Send")

    expect(asked).to_contain_text(["Are the gloves in?"])
    expect(asked).to_contain_text(["Sending…"])
    assert api.asked("POST /messages") == []
    held[0].fallback()
    expect(page.get_by_text("Sending…")).to_have_count(0)
    assert len(api.asked("POST /messages")) == 1


def test_the_viewer_leads_to_the_next_picture_and_back_closes_it(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    titles = ["first.jpg", "second.jpg", "third.jpg"]
    pictures = [{**long_content.image(3 * n), "title": title} for n, title in enumerate(titles)]
    exif = {
        "Make": "Leica",
        "Model": "Leica M6",
        "FNumber": 5.6,
        "ExposureTime": 0.008,
        "PhotographicSensitivity": 200,
        "DateTimeOriginal": "2026-11-20T06:12:30+11:00",
    }
    known = {each["imageID"]: each for each in pictures}
    api.answers("GET /images", lambda call: long_content.paged("images", pictures, call))
    api.answers(
        "GET /images/{imageID}",
        lambda call: (200, {**known[call.path["imageID"]], "metadata": {"exif": exif}}),
    )
    scripted.signs_in()
    customer.opens("pictures")
    page.get_by_role("link", name="first.jpg").click()
    viewer = page.get_by_role("dialog")

    expect(viewer).to_have_accessible_name("first.jpg")
    expect(viewer.locator(".facts")).to_contain_text("f/5.6 · 1/125 s · ISO 200")
    expect(viewer.locator(".facts")).to_contain_text("Leica M6")
    expect(viewer.locator(".facts")).to_contain_text("Nov 20, 2026, 6:12")
    page.get_by_role("button", name="Next picture").click()
    expect(viewer).to_have_accessible_name("second.jpg")
    page.keyboard.press("ArrowRight")
    expect(viewer).to_have_accessible_name("third.jpg")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(f"{ORIGIN}/#/pictures/{pictures[1]['imageID']}")
    page.go_back()
    expect(viewer).to_have_count(0)
    customer.sees("Pictures")
    customer.opens(f"pictures/{pictures[2]['imageID']}")
    expect(viewer).to_have_accessible_name("third.jpg")
    page.keyboard.press("Escape")
    customer.sees("Pictures")
    expect(page).to_have_url(f"{ORIGIN}/#/pictures")


def test_an_empty_page_has_the_action_that_fills_it(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    for name in ("orders", "groups", "images"):
        api.answers(f"GET /{name}", {name: [], "next": None})
    api.answers("GET /messages", {"conversations": [], "next": None})
    scripted.signs_in()

    empty = page.locator(".empty")
    expect(empty.get_by_role("link", name="New order")).to_be_visible()
    customer.opens("groups")
    empty.get_by_role("button", name="Create a group").click()
    expect(page.get_by_label("Name")).to_be_focused()
    customer.opens("messages")
    empty.get_by_role("button", name="Write a message").click()
    expect(page.get_by_label("Write to")).to_be_focused()
    customer.opens("pictures")
    with page.expect_file_chooser():
        empty.get_by_role("button", name="Choose pictures").click()


def test_rows_are_as_high_as_the_boxes_before_them(scripted: Scripted) -> None:
    page, api = scripted.customer.page, scripted.api
    orders = [{**long_content.order(2), "state": "shipped"}]
    api.answers("GET /orders", lambda call: long_content.paged("orders", orders, call))
    held: list[Route] = []
    page.route(re.compile(r"/orders\?"), lambda route: held.append(route))
    with page.expect_request(re.compile(r"/orders\?")):
        scripted.signs_in()
    box = page.locator(".bone").first.bounding_box()

    held[0].fallback()

    expect(page.locator(".line")).to_have_count(1)
    row = page.locator(".line").bounding_box()
    assert box is not None
    assert row is not None
    assert abs(row["height"] - box["height"]) <= 1
