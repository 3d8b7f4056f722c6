"""Orders in the web client."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Locator, Route, expect

from local.api_user import ApiUser
from local.stack_probe import wait_for
from tests.browser.customer import Customer

pytestmark = pytest.mark.xdist_group("browser")

ORDER_URL = re.compile("/orders/")


def sheet(customer: Customer) -> Locator:
    return customer.page.get_by_role("dialog", name="New order")


def lines(customer: Customer) -> Locator:
    return customer.page.get_by_role("list", name="Your orders").locator(".line")


def test_an_order_is_confirmed_with_its_number_its_time_and_a_way_to_it(customer: Customer) -> None:
    page = customer.page
    page.get_by_role("link", name="New order").first.click()
    customer.fills("Quantity", "2.5")
    customer.fills("Customer number", "12345")
    customer.fills("Note", "by the back door")

    customer.fills("Item", "latex gloves")
    customer.presses("Place order")

    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    expect(sheet(customer)).to_contain_text("latex gloves")
    expect(sheet(customer).locator("time")).to_have_text(re.compile(r"\d:\d\d"))
    number = sheet(customer).locator("dd").first.inner_text()
    for stage in ("received", "stored", "notified"):
        expect(sheet(customer).locator(f"[data-stage={stage}]")).to_have_class("done")
    page.get_by_role("link", name="View order").click()
    customer.sees_an_order()
    expect(page).to_have_url(re.compile(f"orders/{number.lower()}-"))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {number}")
    page.go_back()
    customer.sees("Orders")
    expect(sheet(customer)).to_have_count(0)
    expect(lines(customer)).to_contain_text(["latex gloves× 2.5"])
    expect(lines(customer)).to_contain_text([number])
    customer.opens("notifications")
    expect(page.get_by_text("note: by the back door").first).to_be_visible()


def test_a_customer_reads_one_line_per_order_without_stages(customer: Customer) -> None:
    """A line is high enough for a finger on phones and tablets, and compact on desktops."""
    page = customer.page
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="Mail Dev")).to_be_visible()
    customer.opens("account")
    page.get_by_label("Show the Mail page").uncheck()
    expect(navigation.get_by_role("link", name="Mail")).to_have_count(0)

    customer.orders("stapler " * 20)

    expect(page.get_by_role("link", name="View order")).to_be_visible()
    expect(page.locator("[data-stage]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(lines(customer)).to_contain_text(re.compile("stapler.*received.*now"))
    for width, shortest, highest in ((390, 44, 80), (820, 44, 80), (1280, 40, 44)):
        page.set_viewport_size({"width": width, "height": 844})
        box = lines(customer).first.bounding_box()
        assert box is not None
        assert shortest <= box["height"] <= highest, f"{box['height']} at a width of {width}"


def test_a_product_fills_the_order_and_its_price_is_not_a_payment(customer: Customer) -> None:
    customer.opens("orders/new")
    lamp = sheet(customer).get_by_role("button", name="Brass lamp €89.00")
    expect(lamp.locator("img")).not_to_have_js_property("naturalWidth", 0)
    expect(sheet(customer)).to_contain_text("There is no basket, and you do not pay here")

    lamp.click()

    expect(lamp).to_have_attribute("aria-pressed", "true")
    expect(sheet(customer).get_by_label("Item")).to_have_value("Brass lamp")
    expect(sheet(customer).get_by_label("Quantity")).to_have_value("1")
    customer.fills("Item", "Something that is not listed")
    expect(lamp).to_have_attribute("aria-pressed", "false")
    customer.presses("Place order")
    expect(customer.page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_without_usable_products_orders_are_placed_in_free_text(customer: Customer) -> None:
    """fault 97"""
    customer.expects_console_error("No products are shown, because products.json cannot be used")
    lamp = {"name": "Lamp", "price": "89", "currency": "EUR", "picture": "products/lamp.svg"}
    customer.page.route("**/products.json", lambda route: route.fulfill(json=[lamp]))

    customer.orders("stapler")

    expect(customer.page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(customer.page.locator(".product")).to_have_count(0)
    assert "product 1 needs a price of 0 or more" in customer.console_errors[0]


def test_invalid_fields_of_an_order_are_marked(customer: Customer) -> None:
    customer.orders("")
    item = customer.page.get_by_label("Item")
    expect(item).to_have_attribute("aria-invalid", "true")
    expect(item).to_be_focused()

    customer.fills("Item", "stapler")
    customer.fills("Quantity", "0")
    customer.presses("Place order")

    quantity = customer.page.get_by_label("Quantity")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    expect(item).not_to_have_attribute("aria-invalid", "true")
    expect(customer.page.locator(".confirmation")).to_have_count(0)


def test_a_problem_that_only_the_backend_finds_is_shown_and_what_was_typed_stays(
    customer: Customer,
) -> None:
    customer.expects_console_error("status of 400")
    customer.opens("orders/new")
    customer.page.get_by_label("Quantity").evaluate("field => field.removeAttribute('min')")
    customer.fills("Quantity", "0")

    customer.orders("stapler")

    alert = customer.page.get_by_role("alert")
    expect(alert).to_have_text("Something in the form is not valid.")
    expect(customer.page.get_by_label("Item")).to_have_value("stapler")


def test_a_refused_order_is_shown_with_its_reason(customer: Customer, other: ApiUser) -> None:
    """fault 62"""
    order_id = other.request("POST", "/orders", {"item": "tape"}).body["orderID"]
    path = f"/orders/{order_id}"
    wait_for("the other order", lambda: other.request("GET", path).status == 200)
    customer.page.evaluate("id => { crypto.randomUUID = () => id; }", order_id)

    customer.orders("stapler")

    alert = customer.page.get_by_role("alert")
    expect(alert).to_have_text("The order was refused: another order has this orderID.")
    expect(alert.get_by_role("button")).to_have_count(0)


def test_an_order_whose_response_was_lost_is_placed_only_once(visitor: Customer) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the request arrives
        route.abort()  # the response does not

    visitor.expects_console_error("net::ERR_FAILED")
    visitor.page.route("**/live", lambda route: route.abort())  # an event would show the order
    visitor.is_created()
    visitor.signs_in()
    visitor.sees("Orders")
    visitor.page.route(ORDER_URL, lose, times=1)

    visitor.orders("stapler")
    expect(visitor.page.get_by_text("It is safe to try again")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    visitor.presses("Try again")

    expect(visitor.page.locator("[data-stage=stored].done")).to_be_visible()
    visitor.opens("pictures")
    visitor.sees("Pictures")
    visitor.opens("orders")
    expect(lines(visitor)).to_have_count(1)


def test_earlier_orders_are_loaded_page_by_page(visitor: Customer) -> None:
    api_user = ApiUser.sign_in(visitor.outputs, visitor.name)
    with ThreadPoolExecutor() as pool:
        for number in range(23):
            pool.submit(api_user.request, "POST", "/orders", {"item": f"pencil {number}"})
    path = "/orders?limit=100"
    wait_for("23 orders", lambda: len(api_user.request("GET", path).body["orders"]) == 23)
    visitor.is_created()
    visitor.signs_in()

    expect(lines(visitor)).to_have_count(20)
    visitor.presses("Show more orders")
    expect(lines(visitor)).to_have_count(23)
    expect(visitor.page.get_by_role("button", name="Show more orders")).to_have_count(0)


def test_the_page_says_when_it_is_offline(customer: Customer) -> None:
    customer.expects_console_error("net::ERR_INTERNET_DISCONNECTED")
    customer.page.context.set_offline(True)
    expect(customer.page.get_by_text("You are offline")).to_be_visible()
    customer.orders("stapler")
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
