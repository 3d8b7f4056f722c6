"""The session of the web client: what survives a reload, and what does not."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.customer import Customer
from tests.browser.test_foreign_pages import SEND, website

pytestmark = pytest.mark.xdist_group("browser")

STORED = "[{...localStorage}, {...sessionStorage}, document.cookie]"


def cookies(context: BrowserContext) -> list[str | None]:
    """Return the names of the browser's cookies."""
    return [each.get("name") for each in context.cookies()]


def see_orders(page: Page) -> None:
    expect(page.get_by_role("heading", name="Orders", exact=True, level=1)).to_be_visible()


def refused_once(page: Page, url: str) -> None:
    """Let the next request be answered as if its token had expired."""
    refusal = json.dumps({"message": "The incoming token has expired", "details": []})
    page.route(url, lambda route: route.fulfill(status=401, body=refusal), times=1)


def test_a_reload_keeps_the_user_and_no_script_can_read_what_does(customer: Customer) -> None:
    """fault 99"""
    page = customer.page

    page.reload()

    customer.sees("Orders")
    customer.is_live()
    [cookie] = page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    assert page.evaluate(STORED) == [{"session": "in"}, {}, ""]
    assert page.evaluate("caches.keys()") == []


def test_tabs_that_reload_at_once_keep_the_user_until_one_of_them_signs_out(
    customer: Customer,
) -> None:
    context = customer.page.context
    tabs = [customer.page, context.new_page(), context.new_page()]
    for tab in tabs[1:]:
        tab.goto(customer.outputs["GatewayUrl"])

    for tab in tabs:
        tab.evaluate("() => { self.isOld = true; setTimeout(() => location.reload()) }")
    for tab in tabs:
        tab.wait_for_function("!self.isOld")
        see_orders(tab)
    customer.opens_account()
    customer.presses("Sign out")

    for tab in tabs:
        expect(tab.get_by_text("You are signed out.")).to_be_visible()
    assert cookies(context) == []
    assert customer.page.evaluate(STORED) == [{}, {}, ""]


def test_whoever_does_not_stay_signed_in_is_signed_out_by_a_reload(visitor: Customer) -> None:
    visitor.is_created()
    visitor.page.get_by_label("Stay signed in").uncheck()
    visitor.signs_in()
    visitor.sees("Orders")
    assert cookies(visitor.page.context) == []

    visitor.page.reload()

    visitor.sees("Sign in")


def test_a_page_on_another_port_cannot_use_the_cookie(customer: Customer) -> None:
    """fault 100: the browser sends it, because cookies ignore ports."""
    before = customer.page.context.cookies()
    session = {"url": f"{customer.outputs['GatewayUrl']}/session", "mode": "no-cors"}
    foreign = customer.page.context.new_page()
    answers: list[int] = []
    foreign.on("response", lambda answer: answers.append(answer.status))

    with website() as port:
        foreign.goto(f"http://127.0.0.1:{port}/")
        answers.clear()
        sent = foreign.evaluate(SEND, {**session, "method": "POST"})

    assert (sent["text"], answers) == ("", [403])
    assert customer.page.context.cookies() == before
    customer.page.reload()
    customer.sees("Orders")


def test_a_sign_out_without_a_connection_is_finished_at_the_next_start(
    customer: Customer,
) -> None:
    """fault 101"""
    customer.expects_console_error("net::ERR_INTERNET_DISCONNECTED")
    page = customer.page
    customer.opens_account()

    def refuse(route: Route) -> None:
        if route.request.method == "DELETE":
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/session", refuse)
    customer.presses("Sign out")
    customer.sees("Sign in")
    assert (cookies(page.context), page.evaluate(STORED)[0]) == (
        ["__Host-session"],
        {"session": "out"},
    )
    page.unroute("**/session")
    page.reload()

    customer.sees("Sign in")
    assert (cookies(page.context), page.evaluate(STORED)[0]) == ([], {})


def test_a_start_without_an_answer_says_so_and_goes_on(customer: Customer) -> None:
    """fault 99: the user is not asked for a password that would not help."""
    customer.expects_console_error("net::ERR_CONNECTION_REFUSED")
    customer.page.route("**/session", lambda route: route.abort("connectionrefused"))
    customer.page.reload()
    customer.is_told("The server did not respond.")
    customer.page.unroute("**/session")

    customer.presses("Try again")

    customer.sees("Orders")


def test_a_token_that_has_expired_is_renewed_by_the_cookie(customer: Customer) -> None:
    customer.expects_console_error("status of 401")
    refused_once(customer.page, "**/groups*")

    with customer.page.expect_response("**/session") as renewed:
        customer.opens("groups")

    assert (renewed.value.request.method, renewed.value.status) == ("POST", 200)
    customer.sees("Groups")
    expect(customer.page.get_by_role("alert")).to_have_count(0)


def test_a_tab_follows_when_another_user_signs_in(customer: Customer) -> None:
    """fault 101: it would otherwise show one user, and send the tokens of the other."""
    other = Customer(customer.page.context.new_page(), customer.outputs, f"other-{customer.name}")
    other.is_created()
    other.page.goto(customer.outputs["GatewayUrl"])
    see_orders(other.page)
    other.page.evaluate("localStorage.clear()")
    other.page.reload()
    other.signs_in()
    see_orders(other.page)
    customer.expects_console_error("status of 401")
    refused_once(customer.page, "**/groups*")
    customer.opens("groups")

    expect(customer.page.locator(".user")).to_have_text(other.name)
