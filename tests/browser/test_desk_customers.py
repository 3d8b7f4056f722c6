"""Each order at the desk says whose it is, and when; keys move in the list."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser.scripted import Scripted
from tests.harness import long_content
from tests.harness.scripted_api import Call


def test_orders_have_absolute_times_and_customers_who_can_be_written_to(
    scripted: Scripted,
) -> None:
    page, api = scripted.customer.page, scripted.api
    orders = [
        {**long_content.order(4 * number + 2), "placedBy": long_content.OTHER}
        for number in range(3)
    ]
    api.answers("GET /users/me", {**long_content.USER, "groups": ["staff"]})
    api.answers("GET /shop/orders", lambda call: long_content.paged("orders", orders, call))

    def conversation(call: Call) -> tuple[int, Any]:
        if call.query.keys() & {"with", "withID"}:
            return 200, {"with": "bob", "withID": long_content.OTHER, "messages": [], "next": None}
        return 200, {"conversations": [], "next": None}

    api.answers("GET /messages", conversation)
    scripted.signs_in("Desk")
    row = page.get_by_role("list", name="Orders").get_by_role("listitem").first
    expect(row.get_by_role("time")).to_have_text(re.compile(r"\d{4}"))
    expect(row.get_by_role("link", name="bob")).to_be_visible()
    named = [call for call in api.asked("GET /messages") if "withID" in call.query]
    assert len(named) == 1, "the name of one customer was asked for more than once"

    far = {name: orders[0][name] for name in ("orderID", "order", "placedBy", "placedAt")}
    api.answers(
        "GET /search", {"results": [{"type": "order", "data": far, "highlights": {}}], "next": None}
    )
    page.get_by_role("searchbox").fill("gloves")
    page.get_by_role("button", name="Search all orders").click()
    found = page.get_by_role("list", name="In all orders").get_by_role("listitem")
    expect(found.get_by_role("link", name="bob")).to_be_visible()
    assert api.asked("GET /search")[-1].query == {"q": "gloves", "shop": "true", "limit": "20"}
    page.get_by_role("searchbox").fill("")
    expect(found).to_have_count(0)

    page.get_by_label("Buyer").fill("bob")
    with page.expect_request(re.compile(f"placedBy={long_content.OTHER}")):
        page.get_by_label("Buyer").dispatch_event("change")
    expect(page.get_by_label("Buyer")).to_have_value(long_content.OTHER)
    row.get_by_role("link", name="Message customer about Latex gloves").click()
    expect(page.get_by_role("heading", name="bob")).to_be_focused()


def test_keys_move_in_the_list_and_act_on_an_order(scripted: Scripted) -> None:
    page, api = scripted.customer.page, scripted.api
    orders = [{**long_content.order(4 * number), "allowed": ["accepted"]} for number in range(3)]
    for number, order in enumerate(orders):
        order["order"] = {"item": f"lamp {number}"}
    api.answers("GET /users/me", {**long_content.USER, "groups": ["staff"]})
    api.answers("GET /shop/orders", lambda call: long_content.paged("orders", orders, call))

    def change(call: Call) -> tuple[int, Any]:
        [order] = call.body["orders"]
        changed = {"orderID": order["orderID"], "state": "accepted", "version": 2, "allowed": []}
        return 200, {"changed": [changed], "refused": []}

    api.answers("POST /shop/changes", change)
    scripted.signs_in("Desk")
    expect(page.get_by_role("link", name="lamp 2")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox", name="Select lamp 0")).not_to_be_checked()

    page.get_by_role("searchbox").press("ArrowDown")
    expect(page.get_by_role("link", name="lamp 0", exact=True)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox", name="Select lamp 1")).to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("n")
    expect(page.get_by_role("status").filter(has_text="1 order confirmed")).to_be_visible()
    [asked] = api.asked("POST /shop/changes")
    assert asked.body["orders"][0]["orderID"] == orders[1]["orderID"]
