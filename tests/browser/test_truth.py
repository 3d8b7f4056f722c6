"""What the web client says is true: about times, other tabs, pictures of others, and spaces."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from playwright.sync_api import Page, Route, expect

from local.stack_probe import wait_for
from tests.browser.customer import Customer
from tests.browser.gallery import file, upload
from tests.browser.scripted import Scripted
from tests.harness import long_content
from tests.harness.scripted_api import SERVICES, Call


def placed(minutes_ago: float) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {**long_content.order(2), "placedAt": f"{at:%Y-%m-%dT%H:%M:%S}.000Z"}


def test_times_move_on_and_follow_the_clock_of_the_server(scripted: Scripted) -> None:
    """fault 112"""
    page, api = scripted.customer.page, scripted.api
    api.answers("GET /orders", {"orders": [placed(5)], "next": None})
    page.clock.install(time=time.time() - 3 * 24 * 3600)  # the device's clock is three days late
    scripted.signs_in()
    row = page.get_by_role("listitem").filter(has_text="Latex gloves")
    expect(row.get_by_role("time")).to_have_text("5 minutes ago")

    page.clock.run_for(10 * 60_000)

    expect(row.get_by_role("time")).to_have_text("15 minutes ago")


def second_tab(scripted: Scripted) -> Customer:
    """Another tab in which the same user is signed in."""
    tab = Customer(scripted.customer.page.context.new_page(), scripted.customer.outputs, "ann")
    tab.visits()
    tab.signs_in()
    tab.sees("Orders")
    return tab


def test_tabs_of_the_same_user_hear_each_other(scripted: Scripted) -> None:
    """fault 113"""
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    groups = [long_content.group(2)]
    api.answers("GET /groups", lambda _: (200, {"groups": groups, "next": None}))
    scripted.signs_in()
    customer.opens("groups")
    expect(page.get_by_role("link", name="Latex gloves")).to_be_visible()
    tab = second_tab(scripted)
    tab.opens("groups")

    def create(call: Call) -> tuple[int, Any]:
        groups.insert(0, {**long_content.group(6), "name": call.body["name"]})
        return 201, groups[0]

    api.answers("POST /groups", create)
    tab.fills("Name", "Window")
    tab.presses("Create group")
    expect(page.get_by_role("link", name="Window")).to_be_visible()
    groups.pop()
    api.answers("DELETE /groups/{groupID}", lambda _: (204, None))
    tab.page.get_by_role("link", name="Window").click()
    tab.opens_account()
    tab.presses("Sign out everywhere")

    expect(page.get_by_text("You are signed out")).to_be_visible()


def test_only_who_may_delete_a_picture_is_offered_to(scripted: Scripted) -> None:
    """fault 114"""
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    picture = long_content.image(0)
    theirs = {**long_content.group(2), "ownerID": long_content.OTHER}
    api.answers("GET /groups/{groupID}", theirs)
    api.answers("GET /groups/{groupID}/images", {"images": [picture], "next": None})
    api.answers("GET /images/{imageID}", picture)
    delete = page.get_by_role("dialog").get_by_role("button", name="Delete…")
    scripted.signs_in()
    customer.opens(f"groups/{theirs['groupID']}")

    with page.expect_response("**/images/*"):
        page.locator(".tile a").click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    expect(delete).to_have_count(0)
    customer.closes()
    api.answers("GET /images/{imageID}", {**picture, "metadata": {}})
    page.locator(".tile a").click()
    expect(delete).to_be_visible()


def test_no_tile_stays_in_processing_after_a_cancel(scripted: Scripted) -> None:
    """fault 115"""
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    customer.expects_console_error("net::ERR_FAILED")
    customer.expects_console_error("status of 404")
    pending = {**long_content.image(0), "status": "PENDING"}
    abandoned = {name: pending[name] for name in ("imageID", "createdAt", "contentType", "status")}
    api.answers("GET /images", {"images": [abandoned], "next": None})
    gone = (404, {"message": "no such image", "details": []})
    api.answers("GET /images/{imageID}", lambda _: gone)
    page.context.route(f"{SERVICES}/**", lambda _: None)
    scripted.signs_in()
    customer.opens("pictures")
    upload(customer, file("slow.png", b"x" * 100, "image/png"))
    expect(page.get_by_role("progressbar")).to_be_visible()

    page.get_by_role("button", name="Cancel slow.png").click()
    [created] = api.asked("POST /images")
    image_id = "5a2a2e16-3d52-4ada-924d-daeb6c05d2c4"
    expect(page.get_by_role("progressbar")).to_have_count(0)
    api.push("image.ready", {"imageID": image_id})

    expect(page.get_by_text("No pictures yet")).to_be_visible()
    assert created.body["title"] == "slow.png"
    assert [call.path["imageID"] for call in api.asked("DELETE /images/{imageID}")] == [image_id]


def test_spaces_are_not_a_text(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    scripted.signs_in()
    customer.orders("   ")
    customer.is_told_at("Item", "Spaces are not enough")
    customer.fills("Item", " stapler ")
    customer.presses("Place order")
    expect(page.locator(".confirmation")).to_contain_text("stapler")
    [order] = api.asked("PUT /orders/{orderID}")
    assert order.body == {"item": "stapler"}
    for path, label, button in (
        ("groups", "Name", "Create group"),
        ("messages/x", "Message", "Send"),
    ):
        customer.opens(path)
        customer.fills(label, "   ")
        customer.presses(button)
        expect(page.get_by_text(re.compile("Spaces are not enough"))).to_be_visible()


def hold(page: Page, path: str) -> list[Route]:
    """Hold all requests of a path from now on, oldest first."""
    held: list[Route] = []
    page.route(path, lambda route: held.append(route))
    return held


def hold_one_more(held: list[Route], page: Page, trigger: Callable[[], object]) -> None:
    before = len(held)
    trigger()
    # Playwright hears of requests while it waits for the page.
    wait_for("a request", lambda: page.evaluate("true") and len(held) > before)


def answer(page: Page, route: Route, body: Any) -> None:
    """Answer a request, and wait until the page has shown what follows from it."""
    with page.expect_response(route.request.url) as response:
        route.fulfill(json=body)
    response.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")


def overtake(page: Page, path: str, trigger: Callable[[], object], older: Any, newer: Any) -> None:
    """Trigger two requests, and answer the last one first. Others may come between them."""
    held = hold(page, path)
    for _ in range(2):
        hold_one_more(held, page, trigger)
    *earlier, last = held
    answer(page, last, newer)
    for each in earlier:
        answer(page, each, older)
    page.unroute(path)


def test_an_answer_that_was_overtaken_is_not_shown(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    placed_order = {**long_content.order(2), "state": "placed", "version": 1, "history": []}
    accepted, packed = (
        {**placed_order, "state": state, "version": version}
        for version, state in enumerate(("accepted", "packed"), 2)
    )
    order_id = placed_order["orderID"]
    api.answers("GET /orders/{orderID}", placed_order)
    scripted.signs_in()
    customer.opens(f"orders/{order_id}")
    customer.sees_an_order()
    customer.is_live()
    event = partial(api.push, "order.accepted", accepted)

    overtake(page, f"**/orders/{order_id}", event, accepted, packed)

    expect(page.locator("[aria-current=step]")).to_contain_text("packed")


def test_an_unread_message_is_counted_though_older_answers_come_late(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    latest = {"with": long_content.NAME, "withID": long_content.OTHER}
    answers = [
        {
            "conversations": [{**latest, "latest": {**message, "text": text}, "unread": unread}],
            "next": None,
        }
        for message, text, unread in (
            (long_content.message(1), "Are the gloves in?", 1),
            (long_content.message(0), "They are.", 2),
        )
    ]
    api.answers("GET /messages", answers[-1])
    scripted.signs_in()
    customer.opens("messages")
    customer.is_live()
    event = partial(api.push, "message.received", long_content.message(0))

    overtake(page, "**/messages?limit=30", event, *answers)
    expect(page.locator(".conversation")).to_contain_text("They are.")
    overtake(page, "**/messages?limit=100", event, *answers)
    expect(page.locator("nav .count")).to_contain_text("2")


def test_a_list_that_was_read_before_a_change_does_not_undo_it(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    before = {**long_content.order(2), "state": "placed", "version": 1}
    api.answers("GET /orders", {"orders": [before], "next": None})
    api.answers("GET /orders/{orderID}", {**before, "history": []})
    scripted.signs_in()
    page.locator(".line").get_by_role("link").click()
    customer.sees_an_order()
    customer.is_live()
    held = hold(page, "**/orders?limit=20")

    hold_one_more(held, page, page.go_back)
    api.push("order.accepted", {**before, "state": "accepted", "version": 2})
    expect(page.locator(".line .state")).to_have_text("confirmed")
    for each in held:
        answer(page, each, {"orders": [before], "next": None})

    expect(page.locator(".line .state")).to_have_text("confirmed")
