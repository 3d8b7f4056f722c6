"""The life of an order, as its buyer sees it in the web client."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Route, expect

from local.api_user import ApiUser
from local.stack_probe import wait_for
from tests.browser.customer import Customer

pytestmark = pytest.mark.xdist_group("browser")


def order_of(customer: Customer, item: str) -> str:
    """Place an order in the web client, and return its orderID once it is stored."""
    customer.orders(item)
    link = customer.page.get_by_role("dialog").get_by_role("link", name="View order")
    expect(link).to_be_visible()
    return str(link.get_attribute("href")).rpartition("/")[2]


def change(colleague: ApiUser, order_id: str, state: str, note: str = "") -> None:
    path = f"/shop/orders/{order_id}"
    wait_for("the order", lambda: colleague.request("GET", path).status == 200)
    version = colleague.request("GET", path).body["version"]
    body = {"state": state, "version": version, "note": note}
    assert colleague.request("POST", f"{path}/state", body).status == 200


def current_step(customer: Customer) -> Locator:
    return customer.page.locator(".track [aria-current=step]")


def test_the_state_is_shown_as_steps_with_the_history_and_changes_live(
    customer: Customer, colleague: ApiUser
) -> None:
    order_id = order_of(customer, "brass lamp")
    customer.opens(f"orders/{order_id}")
    expect(current_step(customer)).to_contain_text("received")

    change(colleague, order_id, "accepted", "ships on Monday")

    expect(current_step(customer)).to_contain_text("confirmed")
    history = customer.page.get_by_role("list", name="History").get_by_role("listitem")
    expect(history).to_have_count(2)
    expect(history.nth(0)).to_contain_text("received · you")
    expect(history.nth(1)).to_contain_text("confirmed · the shop")
    expect(history.nth(1)).to_contain_text("ships on Monday")
    expect(history.nth(1).locator("time")).to_have_text("just now")


def test_the_list_shows_states_and_changes_live(customer: Customer, colleague: ApiUser) -> None:
    order_id = order_of(customer, "brass lamp")
    customer.page.reload()
    row = customer.page.get_by_role("list", name="Your orders").get_by_role("listitem")
    expect(row).to_contain_text("received")
    customer.is_live()

    change(colleague, order_id, "accepted")

    expect(row.locator(".state")).to_have_text("confirmed")


def test_a_placed_order_is_cancelled_after_a_question(customer: Customer) -> None:
    order_id = order_of(customer, "brass lamp")
    customer.opens(f"orders/{order_id}")

    customer.presses("Cancel order…")
    customer.presses("Keep it")
    expect(current_step(customer)).to_contain_text("received")
    customer.presses("Cancel order…")
    customer.presses("Cancel the order")

    expect(current_step(customer)).to_contain_text("cancelled")
    expect(customer.page.get_by_role("heading", name="Order ")).to_be_focused()
    expect(customer.page.get_by_role("button", name="Cancel order…")).to_have_count(0)


def test_a_cancellation_that_comes_too_late_is_explained(
    customer: Customer, colleague: ApiUser
) -> None:
    """fault 89"""
    customer.expects_console_error("status of 409")
    order_id = order_of(customer, "brass lamp")
    customer.opens(f"orders/{order_id}")

    def accept_first(route: Route) -> None:
        change(colleague, order_id, "accepted")
        route.continue_()

    customer.page.route("**/cancel", accept_first)
    customer.presses("Cancel order…")

    customer.presses("Cancel the order")

    customer.is_told("the shop has changed the order, and it is confirmed now")
    expect(current_step(customer)).to_contain_text("confirmed")
    expect(customer.page.get_by_role("button", name="Cancel order…")).to_have_count(0)
