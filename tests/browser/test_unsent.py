"""Nothing that was typed or chosen is lost, and what fails says what helps."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.customer import Customer
from tests.browser.gallery import file, upload
from tests.browser.scripted import Scripted
from tests.harness import long_content
from tests.harness.scripted_api import SERVICES, Call

UNANSWERED = "The server did not respond."


def reload(page: Page, *, asks: bool) -> None:
    """Reload, and accept the question whether to leave, which must come or must not."""
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", accept)
    page.reload()
    page.remove_listener("dialog", accept) if not asked else None
    assert asked == (["beforeunload"] if asks else [])


def signs_in_again(customer: Customer, heading: str = "Orders") -> None:
    expect(customer.page.get_by_role("heading", name="Sign in")).to_be_visible()
    customer.signs_in()
    customer.sees(heading)


def test_only_what_was_sent_is_cleared(scripted: Scripted) -> None:
    """fault 105"""
    customer, page = scripted.customer, scripted.customer.page
    scripted.signs_in()
    held: list[Route] = []
    page.route(re.compile("/orders/"), lambda route: held.append(route))
    customer.opens("orders/new")
    customer.fills("Note", "the red one")
    with page.expect_request(re.compile("/orders/")):
        customer.orders("stapler")
    expect(page.locator(".confirmation")).to_contain_text("stapler")

    customer.closes()
    customer.opens("orders/new")
    customer.fills("Item", "tape")
    held[0].fulfill(status=202, json={"orderID": held[0].request.url.rsplit("/", 1)[1]})

    expect(page.locator(".line").filter(has_text="stapler")).to_contain_text("received")
    expect(page.get_by_label("Item")).to_have_value("tape")
    expect(page.get_by_label("Note")).to_have_value("")


def test_drafts_survive_navigation_reload_an_expired_session_and_a_failure(
    scripted: Scripted,
) -> None:
    """fault 105"""
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    scripted.signs_in()
    customer.opens("orders/new")
    customer.fills("Item", "stapler")
    customer.fills("Note", "the red one")
    customer.opens("groups")
    customer.fills("Name", "Window")
    customer.opens(f"messages/{long_content.OTHER}")
    customer.fills("Message", "Are the gloves in?")

    reload(page, asks=True)
    signs_in_again(customer, "Messages")
    customer.opens("orders/new")
    expect(page.get_by_label("Item")).to_have_value("stapler")
    expect(page.get_by_label("Note")).to_have_value("the red one")
    customer.opens(f"messages/{long_content.OTHER}")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Are the gloves in?")

    customer.expects_console_error("status of 500")
    customer.expects_console_error("status of 401")
    keys: list[str | None] = []

    def fail(call: Call) -> tuple[int, dict[str, object]]:
        keys.append(call.key)
        return 500, {"message": "internal server error", "details": []}

    api.answers("POST /messages", fail)
    customer.presses("Send")
    expect(page.locator(".thread .problem")).to_be_visible()
    expect(page.locator(".bubbles li").last).to_contain_text("Are the gloves in?")

    refused = (401, {"message": "unauthorized", "details": []})
    api.answers("POST /messages", lambda _: refused)
    api.answers("POST /users/refresh", lambda _: (401, {"message": "not signed in", "details": []}))
    customer.presses("Try again")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    api.answers("POST /messages", fail)
    signs_in_again(customer)
    customer.opens("groups")
    expect(page.get_by_label("Name")).to_have_value("Window")
    customer.opens(f"messages/{long_content.OTHER}")
    expect(page.locator(".thread .problem")).to_contain_text("not known whether")
    customer.presses("Try again")
    expect(page.locator(".thread .problem")).to_contain_text("Internal server error")
    assert keys[0] is not None
    assert keys[0] == keys[1], "the same message, sent again, is another one"


def test_drafts_are_gone_after_a_sign_out_and_never_have_passwords(scripted: Scripted) -> None:
    """fault 107"""
    customer, page = scripted.customer, scripted.customer.page
    customer.visits()
    customer.presses("Create an account")
    customer.fills("Username", "ann")
    customer.fills("Password", "Correct-Horse-7-Battery")
    stored = "JSON.stringify(sessionStorage)"
    assert "ann" in page.evaluate(stored)
    assert "Horse" not in page.evaluate(stored)
    customer.presses("Back to sign in")
    customer.signs_in()
    customer.sees("Orders")
    customer.opens("orders/new")
    customer.fills("Item", "stapler")
    customer.opens_account()
    questions: list[str] = []

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.message)
        dialog.dismiss() if len(questions) == 1 else dialog.accept()

    page.on("dialog", answer)
    customer.presses("Sign out everywhere")
    customer.sees("Account")
    customer.presses("Sign out everywhere")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    assert len(questions) == 2
    assert "stapler" not in page.evaluate(stored)
    signs_in_again(customer)
    customer.opens("orders/new")
    expect(page.get_by_label("Item")).to_have_value("")


def test_a_sign_out_forgets_drafts_also_if_another_request_is_refused_first(
    scripted: Scripted,
) -> None:
    """fault 127"""
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    customer.expects_console_error("status of 401")
    refused = (401, {"message": "not signed in", "details": []})
    api.answers("POST /users/refresh", lambda _: refused)
    scripted.signs_in()
    customer.opens("orders/new")
    customer.fills("Item", "stapler")
    page.on("dialog", lambda dialog: dialog.accept())
    held: list[Route] = []
    page.route("**/users/mfa", lambda route: held.append(route))
    page.route("**/users/logout", lambda route: held.append(route))
    with page.expect_request("**/users/mfa"):
        customer.opens("account")
    with page.expect_request("**/users/logout"):
        customer.presses("Sign out everywhere")
    mfa, sign_out = held

    with page.expect_response("**/users/refresh"):
        mfa.fulfill(status=401, json=refused[1])
    sign_out.fallback()

    expect(page.get_by_text("You are signed out, here and on your other devices.")).to_be_visible()
    assert "stapler" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_an_order_that_was_not_answered_is_kept_over_a_reload(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    customer.expects_console_error("net::ERR_FAILED")
    scripted.signs_in()
    api.answers("PUT /orders/{orderID}", lambda _: None)
    customer.orders("stapler")
    expect(page.get_by_text("It is safe to try again")).to_be_visible()
    reload(page, asks=True)
    signs_in_again(customer)
    customer.opens("orders")
    expect(page.locator(".line").first).to_contain_text("stapler")

    api.answers("PUT /orders/{orderID}", lambda call: (202, {"orderID": call.path["orderID"]}))
    customer.presses("Try again")

    expect(page.locator(".line").first).to_contain_text("received")
    first, second = api.asked("PUT /orders/{orderID}")
    assert first.path == second.path
    reload(page, asks=False)


def test_running_uploads_ask_before_they_are_left_and_are_deleted(scripted: Scripted) -> None:
    """fault 108"""
    customer, page = scripted.customer, scripted.customer.page
    scripted.signs_in()
    customer.opens("pictures")
    page.context.route(f"{SERVICES}/**", lambda _: None)
    with page.expect_request(f"{SERVICES}/**"):
        upload(customer, file("slow.png", b"x" * 100, "image/png"))
    expect(page.get_by_role("progressbar")).to_be_visible()
    customer.opens("orders")
    customer.sees("Orders")

    reload(page, asks=True)

    with page.expect_request(lambda request: request.method == "DELETE"):
        signs_in_again(customer)


def test_try_again_is_offered_only_where_it_can_help(scripted: Scripted) -> None:
    """fault 109"""
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    for part in ("status of 404", "status of 503", "net::ERR_FAILED"):
        customer.expects_console_error(part)
    retry = page.get_by_role("button", name="Try again")
    gone = (404, {"message": "no such group", "details": []})
    api.answers("GET /groups/{groupID}", lambda _: gone)
    api.answers("GET /groups", lambda _: (503, {"message": "try again later", "details": []}))
    scripted.signs_in()

    customer.opens(f"groups/{long_content.group(0)['groupID']}")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(retry).to_have_count(0)
    customer.opens("groups")
    expect(retry).to_be_visible()
    customer.opens("pictures")
    page.context.route(f"{SERVICES}/**", lambda route: route.abort())
    upload(
        customer,
        file("list.pdf", b"%PDF-1.4", "application/pdf"),
        file("lost.png", b"x", "image/png"),
    )
    expect(page.get_by_role("button", name="Try again lost.png")).to_be_visible()
    expect(retry).to_have_count(1)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Try again lost.png")).to_be_visible()
    first, second = api.asked("POST /images")
    assert first.key == second.key, "another try is another picture, and the first one stays"
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.get_by_role("button", name="Dismiss lost.png").click()


def without_settings(page: Page) -> None:
    page.route("**/config.json", lambda route: route.fulfill(status=500))


def without_a_module(page: Page) -> None:
    page.route("**/pages/groups.js", lambda route: route.abort())


@pytest.mark.parametrize("broken", [without_settings, without_a_module])
def test_a_page_that_cannot_start_says_so(
    scripted: Scripted, broken: Callable[[Page], None]
) -> None:
    """fault 110"""
    customer, page = scripted.customer, scripted.customer.page
    for part in ("status of 500", "config.json", "net::ERR_FAILED"):
        customer.expects_console_error(part)
    broken(page)
    page.goto(customer.outputs["GatewayUrl"])
    expect(page.get_by_role("status")).to_contain_text("Storefront could not be loaded.")

    page.unroute_all()
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_blocked_connection_is_explained_and_the_page_looks_for_news(
    scripted: Scripted,
) -> None:
    """fault 111"""
    page, api = scripted.customer.page, scripted.api
    page.clock.install()
    page.route_web_socket(re.compile("ticket="), lambda socket: socket.close())
    scripted.signs_in()
    blocked = page.get_by_role("status").filter(has_text="Live updates do not arrive")
    while not blocked.is_visible():
        page.clock.run_for(5_000)

    def looks() -> int:
        return len(api.asked("GET /orders"))

    first = looks()
    while looks() == first:
        page.clock.run_for(1_000)  # until a look: the next one is due 30 s later
    before = looks()
    api.answers("GET /orders", {"orders": [long_content.order(2)], "next": None})

    page.clock.run_for(31_000)

    expect(page.get_by_role("link", name="Latex gloves")).to_be_visible()
    assert looks() == before + 1
