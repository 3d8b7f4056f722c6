"""Search in the web client, over a real OpenSearch."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from local.api_user import Shopper, upload
from local.emulator_clients import Outputs
from local.stack_probe import seen
from tests import pictures
from tests.browser.conftest import Customer
from tests.browser.test_pages import SIZES, View
from tests.browser.test_pictures import WITH_PLACE

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.usefixtures("engine")]


@dataclass
class Stock:
    """What somebody finds by one `word`: an order, a picture in a group, that and a message.

    And 25 groups by a word that begins with it.
    """

    customer: Customer
    friend: str
    word: str
    order_id: str
    group_id: str


@pytest.fixture(scope="module")
def stock(browser: Browser, outputs: Outputs) -> Stock:
    context = browser.new_context()
    customer = Customer(context.new_page(), outputs, f"finder-{uuid.uuid4().hex[:6]}")
    shopper = Shopper.sign_in(outputs, customer.name)
    friend = Shopper.sign_in(outputs, f"ann-{uuid.uuid4().hex[:4]}")
    word = "Lantern" + "".join(chr(ord("a") + int(c, 16)) for c in uuid.uuid4().hex[:4])
    note = f"To stand by the back door, beside the other {word.lower()}; the bell does not ring."
    order = {"item": f"{word}, brass", "quantity": 2, "customerID": "12345", "note": note}
    order_id = shopper.request("POST", "/orders", order).body["orderID"]
    group = {"name": f"{word} window", "description": "What stands in it"}
    group_id = friend.request("POST", "/groups", group).body["groupID"]
    said = {"to": customer.name, "text": f"Is the {word.lower()} in? <b>Tell me</b> & hurry."}
    friend.request("POST", "/messages", said)
    image = {"contentType": "image/jpeg", "title": f"{word} at night.jpg"}
    invited = shopper.request("POST", f"/groups/{group_id}/images", image).body
    upload(invited["upload"], pictures.jpeg(exif=WITH_PLACE))
    for number in range(25):
        shopper.request("POST", "/groups", {"name": f"Shelf of {word}s {number}"})

    def all_found() -> bool:
        query = f"/search?limit=100&q={word}"
        results = shopper.request("GET", query).body["results"]
        statuses = [each["data"].get("status") for each in results]
        return len(results) == 29 and "READY" in statuses

    seen("all of it", all_found)
    context.close()
    customer.make()
    name = friend.request("GET", "/users/me").body["username"]
    return Stock(customer, name, word, order_id, group_id)


@pytest.fixture
def finder(browser: Browser, stock: Stock) -> Iterator[Customer]:
    """The one who may find it, on the page for it."""
    context = browser.new_context()
    finder = replace(stock.customer, page=context.new_page(), complaints=[], expected=[])
    finder.page.on("console", finder.note)
    enter(finder)
    yield finder
    context.close()
    assert finder.unexpected == []


def enter(customer: Customer) -> None:
    customer.arrive()
    customer.sign_in()
    customer.sees("Orders")
    customer.page.get_by_role("link", name="Search").click()
    customer.sees("Search")


def look_for(customer: Customer, words: str, kind: str = "Everything") -> None:
    customer.page.get_by_label("Kind").select_option(kind)
    customer.page.get_by_role("searchbox").fill(words)


def results(page: Page) -> Locator:
    return page.get_by_role("list", name="Results").get_by_role("listitem")


# Goes offline between the drawing of the next page and what is done once it is seen.
REDRAWN = """() => {
    const redraw = () => setTimeout(() => dispatchEvent(new Event("offline")));
    addEventListener("hashchange", redraw, { once: true });
    location.hash = "#/search";
}"""


def test_the_field_has_the_focus_however_often_the_page_is_drawn(finder: Customer) -> None:
    finder.page.get_by_role("link", name="Orders").click()
    finder.sees("Orders")

    finder.page.evaluate(REDRAWN)

    expect(finder.page.get_by_text("You are offline")).to_be_visible()
    expect(finder.page.get_by_role("searchbox")).to_be_focused()


def test_results_come_as_one_types_with_what_matched_marked(finder: Customer, stock: Stock) -> None:
    page = finder.page
    expect(page.get_by_role("searchbox")).to_be_focused()

    page.keyboard.type(f"brass {stock.word.lower()[:-1]}")

    expect(results(page)).to_have_count(1)
    assert results(page).locator("mark").all_inner_texts()[:2] == [stock.word, "brass"]
    expect(page.get_by_text("1 result", exact=True)).to_have_attribute("role", "status")


@pytest.mark.parametrize("kind", ["Orders", "Pictures", "Messages"])
def test_a_kind_can_be_chosen(finder: Customer, stock: Stock, kind: str) -> None:
    look_for(finder, stock.word, kind)

    expect(results(finder.page)).to_have_count(1)
    expect(results(finder.page).get_by_text(f"{kind}:")).to_be_attached()


def test_a_result_leads_to_where_the_thing_lives(finder: Customer, stock: Stock) -> None:
    page = finder.page
    look_for(finder, stock.word, "Orders")
    page.get_by_role("link", name=f"{stock.word}, brass").click()
    finder.sees("Order")
    expect(page.get_by_text(stock.order_id)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value(stock.word)
    look_for(finder, f"{stock.word} window", "Groups")
    page.get_by_role("link", name=f"{stock.word} window").click()
    finder.sees(f"{stock.word} window")
    page.go_back()
    look_for(finder, stock.word, "Messages")
    page.get_by_role("link", name=stock.friend).click()
    expect(page.get_by_role("heading", name=stock.friend)).to_be_visible()
    page.go_back()
    look_for(finder, stock.word, "Pictures")
    thumbnail = results(page).locator("img")
    expect(thumbnail).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("button", name=f"{stock.word} at night").click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"{stock.word} at night")).to_be_focused()


def test_more_comes_on_demand(finder: Customer, stock: Stock) -> None:
    look_for(finder, stock.word)
    expect(results(finder.page)).to_have_count(20)
    expect(finder.page.get_by_text("The best 20 results")).to_be_visible()

    finder.press("Show more results")

    expect(results(finder.page)).to_have_count(29)
    expect(finder.page.get_by_role("button", name="Show more results")).not_to_be_attached()


def test_html_that_is_found_is_text(finder: Customer, stock: Stock) -> None:
    """fault 46"""
    look_for(finder, f"{stock.word} hurry")

    expect(results(finder.page)).to_contain_text("<b>Tell me</b> & hurry.")


def test_nothing_found_and_nothing_to_look_for_are_said(finder: Customer) -> None:
    finder.expects("status of 400")
    page = finder.page
    expect(page.get_by_text("Find it again")).to_be_visible()

    look_for(finder, "xyzzyplugh")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.get_by_text("0 results")).to_be_visible()
    look_for(finder, "***")
    expect(page.get_by_role("alert")).to_contain_text("no words")
    look_for(finder, "")
    expect(page.get_by_text("Find it again")).to_be_visible()


def test_what_was_not_answered_is_asked_again_on_demand(finder: Customer, stock: Stock) -> None:
    finder.expects("ERR_FAILED")
    page = finder.page

    def lose(route: Route) -> None:
        route.abort()

    page.route("**/search?*", lose)
    look_for(finder, stock.word, "Orders")
    expect(page.get_by_role("alert")).to_contain_text("No answer")
    page.unroute("**/search?*", lose)
    finder.press("Try again")

    expect(results(page)).to_have_count(1)


def test_without_search_there_is_no_page_for_it(browser: Browser, stock: Stock) -> None:
    context = browser.new_context()
    customer = replace(stock.customer, page=context.new_page(), complaints=[], expected=[])
    without = {"apiUrl": "", "search": False}
    customer.page.route("**/config.json", lambda route: route.fulfill(json=without))
    customer.arrive()
    customer.sign_in()
    customer.sees("Orders")

    expect(customer.page.get_by_role("link", name="Search")).not_to_be_attached()
    customer.open("search")
    customer.sees("Orders")
    context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_can_be_used_by_everybody(
    browser: Browser,
    stock: Stock,
    scheme: Literal["light", "dark"],
    size: Literal["desktop", "phone"],
) -> None:
    view = View(scheme, size)
    context = browser.new_context(
        color_scheme=scheme, viewport=SIZES[size], reduced_motion="reduce"
    )
    page = context.new_page()
    customer = replace(stock.customer, page=page, complaints=[], expected=[])

    enter(customer)
    found = view.check(page, "search-empty")
    look_for(customer, f"{stock.word} xyzzy")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    found += view.check(page, "search-nothing")
    look_for(customer, stock.word)
    expect(results(page)).to_have_count(20)
    seen("a thumbnail", lambda: page.evaluate("document.querySelector('.result img') !== null"))
    found += view.check(page, "search")
    customer.open(f"orders/{stock.order_id}")
    customer.sees("Order")
    expect(page.get_by_text(stock.order_id)).to_be_visible()
    found += view.check(page, "order")
    customer.open("groups")
    page.get_by_role("link", name=f"Shelf of {stock.word}s 24").click()
    customer.press("Delete…")
    found += view.check(page, "group-deletion")
    customer.press("Keep it")
    customer.press("Rename…")
    found += view.check(page, "group-renaming")
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    context.close()

    assert found == []
    assert not wide
