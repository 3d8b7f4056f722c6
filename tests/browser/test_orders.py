"""Orders in the web client."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Route, expect

from local.api_user import ApiUser
from local.stack_probe import wait_for
from tests.browser.customer import Customer

pytestmark = pytest.mark.xdist_group("browser")

ORDER_URL = re.compile("/orders/")


def place(customer: Customer, item: str) -> None:
    customer.fills("Item", item)
    customer.presses("Place order")


def test_the_status_of_an_order_is_shown_live(customer: Customer) -> None:
    customer.fills("Quantity", "2.5")
    customer.fills("Customer", "12345")
    customer.fills("Note", "by the back door")

    place(customer, "latex gloves")

    placed = customer.page.locator(".placed")
    expect(placed).to_contain_text("latex gloves")
    for stage in ("received", "stored", "notified"):
        expect(placed.locator(f"[data-stage={stage}]")).to_have_class("done")
    expect(customer.page.get_by_role("status").filter(has_text="Notification sent")).to_be_visible()
    customer.opens("notifications")
    expect(customer.page.get_by_text("note: by the back door").first).to_be_visible()


def test_invalid_fields_of_an_order_are_marked(customer: Customer) -> None:
    place(customer, "")
    item = customer.page.get_by_label("Item")
    expect(item).to_have_attribute("aria-invalid", "true")
    expect(item).to_be_focused()

    customer.fills("Item", "stapler")
    customer.fills("Quantity", "0")
    customer.presses("Place order")

    quantity = customer.page.get_by_label("Quantity")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    expect(item).not_to_have_attribute("aria-invalid", "true")
    expect(customer.page.locator(".placed")).to_have_count(0)


def test_a_problem_that_only_the_backend_finds_is_shown(customer: Customer) -> None:
    customer.expects_console_error("status of 400")
    customer.page.get_by_label("Quantity").evaluate("field => field.removeAttribute('min')")
    customer.fills("Quantity", "0")

    place(customer, "stapler")

    expect(customer.page.get_by_role("alert")).to_have_text("Invalid request body.")


def test_a_refused_order_is_shown_with_its_reason(customer: Customer, other: ApiUser) -> None:
    """fault 62"""
    order_id = other.request("POST", "/orders", {"item": "tape"}).body["orderID"]
    path = f"/orders/{order_id}"
    wait_for("the other order", lambda: other.request("GET", path).status == 200)
    customer.page.evaluate("id => { crypto.randomUUID = () => id; }", order_id)

    place(customer, "stapler")

    alert = customer.page.locator(".placed").get_by_role("alert")
    expect(alert).to_have_text("The order was refused: another order has this orderID.")
    expect(alert.get_by_role("button")).to_have_count(0)


def test_an_order_whose_response_was_lost_is_placed_only_once(customer: Customer) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the request arrives
        route.abort()  # the response does not

    customer.expects_console_error("net::ERR_FAILED")
    customer.page.route(ORDER_URL, lose, times=1)

    place(customer, "stapler")
    expect(customer.page.get_by_text("It is safe to try again")).to_be_visible()
    customer.presses("Try again")

    expect(customer.page.locator("[data-stage=stored].done")).to_be_visible()
    customer.opens("pictures")
    customer.sees("Pictures")
    customer.opens("orders")
    expect(customer.page.locator(".columns .rows .card")).to_have_count(1)


def test_earlier_orders_are_loaded_page_by_page(visitor: Customer) -> None:
    api_user = ApiUser.sign_in(visitor.outputs, visitor.name)
    with ThreadPoolExecutor() as pool:
        for number in range(23):
            pool.submit(api_user.request, "POST", "/orders", {"item": f"pencil {number}"})
    path = "/orders?limit=100"
    wait_for("23 orders", lambda: len(api_user.request("GET", path).body["orders"]) == 23)
    visitor.is_created()
    visitor.signs_in()
    rows = visitor.page.get_by_role("list", name="Earlier orders").get_by_role("listitem")

    expect(rows).to_have_count(20)
    visitor.presses("Show more orders")
    expect(rows).to_have_count(23)
    expect(visitor.page.get_by_role("button", name="Show more orders")).to_have_count(0)


def test_the_page_says_when_it_is_offline(customer: Customer) -> None:
    customer.expects_console_error("net::ERR_INTERNET_DISCONNECTED")
    customer.page.context.set_offline(True)
    expect(customer.page.get_by_text("You are offline")).to_be_visible()
    place(customer, "stapler")
    expect(customer.page.get_by_text("The order may not have arrived")).to_be_visible()
    customer.page.context.set_offline(False)
    customer.presses("Try again")

    expect(customer.page.locator("[data-stage=stored].done")).to_be_visible()
    expect(customer.page.get_by_text("You are offline")).to_have_count(0)
    customer.is_live()


def test_a_list_that_failed_to_load_is_loaded_again_on_demand(customer: Customer) -> None:
    customer.expects_console_error("net::ERR_FAILED")
    customer.opens("pictures")
    customer.page.route("**/orders?*", lambda route: route.abort(), times=1)

    customer.opens("orders")
    expect(customer.page.get_by_role("alert")).to_contain_text("did not respond")
    customer.presses("Try again")

    expect(customer.page.get_by_text("No orders yet")).to_be_visible()
