"""The shop's desk in the web client: the list, one order, and changes of one order."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Route, expect

from local.api_user import ApiUser
from local.emulator_clients import Outputs
from tests.browser.customer import Customer
from tests.browser.shop import change, filter_by, news, open_desk, place, row, rows

pytestmark = pytest.mark.xdist_group("desk")


def test_only_members_of_staff_have_the_desk(customer: Customer) -> None:
    """fault 90"""
    requests: list[str] = []
    customer.page.on("request", lambda request: requests.append(request.url))

    expect(customer.page.get_by_role("link", name="Desk")).to_have_count(0)
    customer.opens("desk")

    customer.sees("Orders")
    assert not any("/desk/" in url or "/shop/" in url for url in requests)


def test_orders_are_shown_newest_first_with_the_next_step(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    [first] = place(buyer, "brass lamp", quantity=2, customerID="12345")
    place(buyer, "oak table")
    change(colleague, [first], "accepted")

    open_desk(clerk, buyer.sub)

    expect(rows(clerk)).to_have_count(2)
    expect(rows(clerk).nth(0)).to_contain_text("oak table")
    expect(rows(clerk).nth(0).get_by_role("button")).to_have_text("Confirm oak table")
    expect(rows(clerk).nth(1)).to_contain_text(re.compile("brass lamp.*× 2.*for 12345.*confirmed"))
    expect(rows(clerk).nth(1).get_by_role("button")).to_have_text("Pack brass lamp")


def test_the_filters_are_those_of_the_api(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    today = datetime.now(UTC).date()
    lamp, table = place(buyer, "brass lamp"), place(buyer, "oak table")
    change(colleague, lamp, "accepted", "packed", "shipped")
    open_desk(clerk, buyer.sub)

    expect(rows(clerk)).to_have_count(1)
    filter_by(clerk, State="shipped")
    expect(rows(clerk)).to_contain_text(["brass lamp"])
    filter_by(clerk, State="")
    expect(rows(clerk)).to_contain_text(["oak table", "brass lamp"])
    filter_by(clerk, To=(today - timedelta(days=1)).isoformat())
    expect(clerk.page.get_by_text("There are none with these filters.")).to_be_visible()
    filter_by(clerk, To="", From=today.isoformat())
    expect(rows(clerk)).to_have_count(2)
    clerk.presses("Reset")
    expect(clerk.page.get_by_label("State")).to_have_value("open")
    expect(clerk.page.locator(f'.orders a[href="#/desk/{table[0]}"]')).to_be_visible()


def test_what_is_typed_into_a_filter_stays_while_the_list_is_updated(
    clerk: Customer, buyer: ApiUser
) -> None:
    """fault 94"""
    place(buyer, "brass lamp")
    open_desk(clerk)
    field = clerk.page.get_by_label("Buyer")

    with clerk.page.expect_response("**/shop/orders?*"):  # of the poll
        field.press_sequentially(buyer.sub[:8])
    expect(news(clerk).or_(row(clerk, "brass lamp").first)).to_be_visible()
    field.press_sequentially(buyer.sub[8:])
    field.press("Enter")

    expect(rows(clerk)).to_have_count(1)
    expect(field).to_be_focused()


def test_a_filter_that_the_api_refuses_is_explained(clerk: Customer) -> None:
    clerk.expects_console_error("status of 400")
    open_desk(clerk)

    filter_by(clerk, From="2019-01-01")

    clerk.is_told("Must be at most 365 days before to.")


def test_the_search_says_that_it_finds_only_what_is_loaded(clerk: Customer, buyer: ApiUser) -> None:
    ids = place(buyer, *(f"pencil {number}" for number in range(21)))
    open_desk(clerk, buyer.sub)
    expect(rows(clerk)).to_have_count(20)
    found = clerk.page.locator(".found")

    clerk.page.get_by_role("searchbox").fill("PENCIL 1")
    expect(found).to_contain_text("Only loaded orders are searched")
    clerk.page.get_by_role("searchbox").fill("")
    clerk.presses("Show more orders")
    expect(rows(clerk)).to_have_count(21)
    clerk.page.get_by_role("searchbox").fill("pencil 20")
    expect(rows(clerk)).to_have_count(1)
    expect(found).to_contain_text("1 of 21 orders.")
    clerk.page.get_by_role("searchbox").fill(ids[3].upper())
    clerk.page.get_by_role("link", name="Open this order").click()

    clerk.sees_an_order()
    expect(clerk.page.locator(".card .item")).to_have_text("pencil 3")


def test_an_order_goes_through_its_states_with_the_buttons_that_are_allowed(
    clerk: Customer, buyer: ApiUser
) -> None:
    [order_id] = place(buyer, "brass lamp")
    open_desk(clerk, buyer.sub)
    row(clerk, "brass lamp").get_by_role("link").first.click()
    clerk.sees_an_order()
    step = clerk.page.locator(".track [aria-current=step]")
    changes = clerk.page.locator(".desk .card .actions").get_by_role("button")

    for button, allowed, state in (
        ("Confirm", ["Confirm…", "Cancel…"], "confirmed"),
        ("Pack", ["Pack…", "Cancel…"], "packed"),
        ("Ship", ["Ship…"], "shipped"),
        ("Deliver", ["Deliver…", "Return…"], "delivered"),
        ("Return", ["Return…"], "returned"),
    ):
        expect(changes).to_have_text([*allowed, "Print packing slip"])
        clerk.presses(f"{button}…")
        clerk.fills("Note", f"is {state}")
        clerk.presses(f"{button} 1 order")
        expect(step).to_contain_text(state)

    expect(changes).to_have_text(["Print packing slip"])
    history = clerk.page.get_by_role("list", name="History").get_by_role("listitem")
    expect(history).to_have_count(6)
    expect(history.nth(0)).to_contain_text("received · the buyer")
    expect(history.nth(5)).to_contain_text(re.compile(r"returned · you · .*\d{4}.*is returned"))
    seen = buyer.request("GET", f"/orders/{order_id}").body
    assert [change.get("note") for change in seen["history"]][1:3] == ["is confirmed", "is packed"]


def test_the_way_back_leads_to_the_order_in_the_list(clerk: Customer, buyer: ApiUser) -> None:
    place(buyer, "brass lamp", "oak table")
    open_desk(clerk, buyer.sub)
    clerk.page.get_by_role("checkbox", name="Select oak table").check()
    link = row(clerk, "brass lamp").get_by_role("link").first
    link.click()
    clerk.sees_an_order()

    clerk.page.go_back()

    expect(link).to_be_focused()
    expect(clerk.page).to_have_title("Desk · Storefront")
    expect(clerk.page.get_by_role("checkbox", name="Select oak table")).to_be_checked()


def test_the_orders_of_a_buyer_are_one_click_away(clerk: Customer, buyer: ApiUser) -> None:
    [order_id, _] = place(buyer, "brass lamp", "oak table")
    open_desk(clerk)
    clerk.opens(f"desk/{order_id}")

    clerk.page.locator(".customer").get_by_role("link").first.click()  # ID, then name

    expect(rows(clerk)).to_have_count(2)
    expect(clerk.page.get_by_label("Buyer")).to_have_value(buyer.sub)


def test_a_step_from_the_list_is_one_click_and_the_row_stays(
    clerk: Customer, buyer: ApiUser
) -> None:
    place(buyer, "brass lamp", "oak table")
    open_desk(clerk, buyer.sub)
    lamp = row(clerk, "brass lamp")

    for button, state in (("Confirm", "confirmed"), ("Pack", "packed"), ("Ship", "shipped")):
        lamp.get_by_role("button", name=button).click()
        expect(lamp.locator(".state")).to_have_text(state)
        expect(lamp.get_by_role("link").first).to_be_focused()

    expect(rows(clerk)).to_have_count(2)  # also the shipped one, which is not open


def test_a_double_click_is_one_step(clerk: Customer, buyer: ApiUser) -> None:
    """fault 91"""
    [order_id] = place(buyer, "brass lamp")
    open_desk(clerk, buyer.sub)

    row(clerk, "brass lamp").get_by_role("button").dblclick()

    expect(row(clerk, "brass lamp").locator(".state")).to_have_text("confirmed")
    assert buyer.request("GET", f"/orders/{order_id}").body["version"] == 2


def test_a_change_of_what_a_colleague_has_changed_shows_the_state(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    """fault 92"""
    ids = place(buyer, "brass lamp")
    open_desk(clerk, buyer.sub)
    lamp = row(clerk, "brass lamp")

    def cancel_first(route: Route) -> None:
        change(colleague, ids, "cancelled")
        route.continue_()

    clerk.page.route("**/shop/changes", cancel_first)

    lamp.get_by_role("button").click()

    told = clerk.page.get_by_role("status").filter(has_text="not changed")
    expect(told).to_contain_text("0 orders confirmed. 1 order not changed:")
    expect(told).to_contain_text("brass lamp: somebody has changed it, and it is cancelled now.")
    expect(lamp.locator(".state")).to_have_text("cancelled")


def test_a_change_whose_answer_is_lost_is_repeated_as_the_same(
    clerk: Customer, buyer: ApiUser
) -> None:
    """fault 93"""
    [order_id] = place(buyer, "brass lamp")
    open_desk(clerk, buyer.sub)
    clerk.expects_console_error("net::ERR_FAILED")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    clerk.page.route("**/shop/changes", lose, times=1)
    row(clerk, "brass lamp").get_by_role("link").first.click()
    clerk.presses("Confirm…")
    clerk.presses("Confirm 1 order")
    clerk.is_told("The server did not respond")

    clerk.presses("Confirm 1 order")

    expect(clerk.page.get_by_text("1 order confirmed.")).to_be_visible()
    assert buyer.request("GET", f"/orders/{order_id}").body["version"] == 2


def test_new_orders_and_changes_appear_without_moving_the_list(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    lamp = place(buyer, "brass lamp")
    place(buyer, "oak table")
    open_desk(clerk, buyer.sub)
    expect(rows(clerk)).to_have_count(2)

    place(buyer, "linen apron")
    change(colleague, lamp, "accepted", "packed", "shipped")

    expect(news(clerk)).to_have_text("Show 1 new")
    expect(row(clerk, "brass lamp").locator(".state")).to_have_text("shipped")
    expect(rows(clerk)).to_contain_text(["oak table", "brass lamp"])
    news(clerk).click()
    expect(rows(clerk)).to_contain_text(["linen apron", "oak table"])
    expect(rows(clerk)).to_have_count(2)  # the shipped one is not open


def test_many_new_orders_replace_the_list_if_there_may_be_more(
    clerk: Customer, buyer: ApiUser
) -> None:
    place(buyer, "oak table")
    open_desk(clerk, buyer.sub)
    expect(rows(clerk)).to_have_count(1)

    held: list[Route] = []
    clerk.page.route("**/shop/orders?*", lambda route: held.append(route))
    place(buyer, *(f"pencil {number}" for number in range(21)))
    clerk.page.unroute("**/shop/orders?*")
    for route in held:
        route.continue_()

    expect(news(clerk)).to_have_text("Show 20 new")
    news(clerk).click()
    expect(rows(clerk)).to_have_count(20)
    clerk.presses("Show more orders")
    expect(rows(clerk)).to_have_count(22)


def test_the_page_of_an_order_follows_the_changes_of_others(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    ids = place(buyer, "brass lamp")
    open_desk(clerk)
    clerk.opens(f"desk/{ids[0]}")
    step = clerk.page.locator(".track [aria-current=step]")
    expect(step).to_contain_text("received")

    change(colleague, ids, "accepted")

    expect(step).to_contain_text("confirmed")


def test_the_desk_says_when_its_code_cannot_be_loaded(clerk: Customer, outputs: Outputs) -> None:
    clerk.expects_console_error("net::ERR_FAILED")
    clerk.page.route("**/desk/desk.js", lambda route: route.abort(), times=1)
    clerk.visits()
    clerk.signs_in()
    clerk.is_told("The desk could not be loaded.")

    clerk.presses("Try again")

    clerk.sees("Desk")
