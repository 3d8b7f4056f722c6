"""Orders in the web client."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Route, expect

from local.api_user import Shopper
from local.stack_probe import seen
from tests.browser.conftest import Customer

pytestmark = pytest.mark.xdist_group("stack")

ORDERS = re.compile("/orders/")


def place(customer: Customer, item: str) -> None:
    customer.type("Item", item)
    customer.press("Place the order")


def test_an_order_is_seen_to_move(customer: Customer) -> None:
    customer.type("Quantity", "2.5")
    customer.type("Customer", "12345")
    customer.type("Note", "by the back door")
    place(customer, "latex gloves")

    placed = customer.page.locator(".placed")
    expect(placed).to_contain_text("latex gloves")
    for stage in ("accepted", "stored", "notified"):
        expect(placed.locator(f"[data-stage={stage}]")).to_have_class("done")
    expect(customer.page.get_by_role("status").filter(has_text="Notified")).to_be_visible()
    customer.open("notifications")
    expect(customer.page.get_by_text("note: by the back door").first).to_be_visible()


def test_a_faulty_order_is_told_at_its_field(customer: Customer) -> None:
    place(customer, "")
    item = customer.page.get_by_label("Item")
    expect(item).to_have_attribute("aria-invalid", "true")
    expect(item).to_be_focused()
    customer.type("Item", "stapler")
    customer.type("Quantity", "0")
    customer.press("Place the order")

    quantity = customer.page.get_by_label("Quantity")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    expect(item).not_to_have_attribute("aria-invalid", "true")
    expect(customer.page.locator(".placed")).to_have_count(0)


def test_what_only_the_backend_finds_wrong_is_told(customer: Customer) -> None:
    customer.expects("status of 400")
    customer.page.get_by_label("Quantity").evaluate("field => field.removeAttribute('min')")
    customer.type("Quantity", "0")
    place(customer, "stapler")

    expect(customer.page.get_by_role("alert")).to_have_text("Invalid request body.")


def test_an_order_whose_answer_was_lost_is_sent_again_as_the_same(customer: Customer) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # it arrives
        route.abort()  # and nobody hears of it

    customer.expects("net::ERR_FAILED")
    customer.page.route(ORDERS, lose, times=1)
    place(customer, "stapler")
    expect(customer.page.get_by_text("it stays one order")).to_be_visible()
    customer.press("Try again")

    expect(customer.page.locator("[data-stage=stored].done")).to_be_visible()
    customer.open("pictures")
    customer.sees("Pictures")
    customer.open("orders")
    expect(customer.page.locator(".beside .rows .card")).to_have_count(1)


def test_history_comes_page_by_page(visitor: Customer) -> None:
    shopper = Shopper.sign_in(visitor.outputs, visitor.name)
    with ThreadPoolExecutor() as side_by_side:
        for number in range(23):
            side_by_side.submit(shopper.request, "POST", "/orders", {"item": f"pencil {number}"})
    path = "/orders?limit=100"
    seen("23 orders", lambda: len(shopper.request("GET", path).body["orders"]) == 23)
    visitor.make()
    visitor.sign_in()
    rows = visitor.page.get_by_role("list", name="Earlier").get_by_role("listitem")

    expect(rows).to_have_count(20)
    visitor.press("Show more orders")
    expect(rows).to_have_count(23)
    expect(visitor.page.get_by_role("button", name="Show more orders")).to_have_count(0)


def test_without_a_connection_the_page_says_so(customer: Customer) -> None:
    customer.expects("net::ERR_INTERNET_DISCONNECTED")
    customer.page.context.set_offline(True)
    expect(customer.page.get_by_text("You are offline")).to_be_visible()
    place(customer, "stapler")
    expect(customer.page.get_by_text("It may not have arrived")).to_be_visible()
    customer.page.context.set_offline(False)
    customer.press("Try again")

    expect(customer.page.locator("[data-stage=stored].done")).to_be_visible()
    expect(customer.page.get_by_text("You are offline")).to_have_count(0)
    customer.is_live()


def test_a_list_that_cannot_be_read_is_read_again_on_request(customer: Customer) -> None:
    customer.expects("net::ERR_FAILED")
    customer.open("groups")
    customer.page.route("**/orders?*", lambda route: route.abort(), times=1)
    customer.open("orders")
    expect(customer.page.get_by_role("alert")).to_contain_text("No answer")
    customer.press("Try again")

    expect(customer.page.get_by_text("No orders yet")).to_be_visible()
