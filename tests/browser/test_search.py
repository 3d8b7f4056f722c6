"""Search in the web client, with a real OpenSearch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from local.emulator_clients import Outputs
from tests.browser.customer import Customer
from tests.browser.stock import Stock, open_search, results, search_for

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.usefixtures("engine")]


@pytest.fixture
def finder(browser: Browser, outputs: Outputs, stock: Stock) -> Iterator[Customer]:
    """The owner of the stock, on the search page."""
    context = browser.new_context()
    finder = Customer(context.new_page(), outputs, stock.owner)
    finder.record_console()
    open_search(finder)
    yield finder
    context.close()
    finder.check_console()


# Redraws the page, by an offline event, after the next page is drawn and before effects run.
REDRAW_NEXT_PAGE = """() => {
    const redraw = () => setTimeout(() => dispatchEvent(new Event("offline")));
    addEventListener("hashchange", redraw, { once: true });
    location.hash = "#/search";
}"""


def test_the_search_field_keeps_the_focus_when_the_page_is_redrawn(finder: Customer) -> None:
    finder.is_live()
    finder.page.get_by_role("link", name="Orders").click()
    finder.sees("Orders")

    finder.page.evaluate(REDRAW_NEXT_PAGE)

    expect(finder.page.get_by_text("You are offline")).to_be_visible()
    expect(finder.page.get_by_role("searchbox")).to_be_focused()


def test_results_appear_while_typing_with_matches_marked(finder: Customer, stock: Stock) -> None:
    page = finder.page
    expect(page.get_by_role("searchbox")).to_be_focused()

    page.keyboard.type(f"brass {stock.word.lower()[:-1]}")

    expect(results(page)).to_have_count(1)
    marks = results(page).locator("mark")
    expect(marks.nth(0)).to_have_text(stock.word)
    expect(marks.nth(1)).to_have_text("brass")
    expect(page.get_by_text("1 result", exact=True)).to_have_attribute("role", "status")


@pytest.mark.parametrize("kind", ["Orders", "Pictures", "Messages"])
def test_results_can_be_limited_to_one_type(finder: Customer, stock: Stock, kind: str) -> None:
    search_for(finder, stock.word, kind)

    expect(results(finder.page)).to_have_count(1)
    expect(results(finder.page).get_by_text(f"{kind}:")).to_be_attached()


def test_an_order_opens_and_back_returns_to_the_results(finder: Customer, stock: Stock) -> None:
    search_for(finder, stock.word, "Orders")

    finder.page.get_by_role("link", name=f"{stock.word}, brass").click()

    finder.sees_an_order()
    expect(finder.page.get_by_text(stock.order_id)).to_be_visible()
    finder.page.go_back()
    expect(finder.page.get_by_role("searchbox")).to_have_value(stock.word)


def test_a_group_opens(finder: Customer, stock: Stock) -> None:
    search_for(finder, f"{stock.word} window", "Groups")

    finder.page.get_by_role("link", name=f"{stock.word} window").click()

    finder.sees(f"{stock.word} window")


def test_a_message_opens_its_conversation(finder: Customer, stock: Stock) -> None:
    search_for(finder, stock.word, "Messages")

    finder.page.get_by_role("link", name=stock.friend).click()

    expect(finder.page.get_by_role("heading", name=stock.friend)).to_be_visible()


def test_a_picture_opens_in_the_viewer(finder: Customer, stock: Stock) -> None:
    page = finder.page
    search_for(finder, stock.word, "Pictures")
    expect(results(page).locator("img")).not_to_have_js_property("naturalWidth", 0)

    page.get_by_role("link", name=f"{stock.word} at night").click()

    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name=f"{stock.word} at night")).to_be_focused()


def test_more_results_are_loaded_on_demand(finder: Customer, stock: Stock) -> None:
    search_for(finder, stock.word)
    expect(results(finder.page)).to_have_count(20)
    expect(finder.page.get_by_text("The best 20 results")).to_be_visible()

    finder.presses("Show more results")

    expect(results(finder.page)).to_have_count(29)
    expect(finder.page.get_by_role("button", name="Show more results")).not_to_be_attached()


def test_html_in_results_is_text(finder: Customer, stock: Stock) -> None:
    """fault 46"""
    search_for(finder, f"{stock.word} hurry")

    expect(results(finder.page)).to_contain_text("<b>Tell me</b> & hurry.")


def test_the_page_says_when_nothing_is_found_or_searched(finder: Customer) -> None:
    finder.expects_console_error("status of 400")
    page = finder.page
    expect(page.get_by_text("Search your shop")).to_be_visible()

    search_for(finder, "xyzzyplugh")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.get_by_text("0 results")).to_be_visible()
    search_for(finder, "***")
    expect(page.get_by_role("alert")).to_contain_text("The search must contain words")
    search_for(finder, "")
    expect(page.get_by_text("Search your shop")).to_be_visible()


def test_a_failed_search_can_be_tried_again(finder: Customer, stock: Stock) -> None:
    finder.expects_console_error("ERR_FAILED")
    page = finder.page
    finder.is_live()  # a new connection would search again

    def lose(route: Route) -> None:
        route.abort()

    page.route("**/search?*", lose)
    search_for(finder, stock.word, "Orders")
    expect(page.get_by_role("alert")).to_contain_text("did not respond")
    page.unroute("**/search?*", lose)

    finder.presses("Try again")

    expect(results(page)).to_have_count(1)


def test_a_stack_without_search_has_no_search_page(
    browser: Browser, outputs: Outputs, stock: Stock
) -> None:
    context = browser.new_context()
    customer = Customer(context.new_page(), outputs, stock.owner)
    config = {"apiUrl": "", "token": "idToken", "search": False}
    customer.page.route("**/config.json", lambda route: route.fulfill(json=config))
    customer.visits()
    customer.signs_in()
    customer.sees("Orders")

    customer.opens("search")

    customer.sees("Orders")
    expect(customer.page.get_by_role("link", name="Search")).not_to_be_attached()
    context.close()
