"""Long lists keep their place, and stay quick."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.scripted import Scripted
from tests.harness import long_content

MOST_PER_CHANGE = 200  # ms, after which a change is felt to be slow

# The time from a change of the state until the page shows it, the best of five.
REDRAW = """
async () => {
  const times = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    dispatchEvent(new Event(round % 2 ? "online" : "offline"));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - start);
  }
  dispatchEvent(new Event("online"));
  return Math.min(...times);
}
"""


def test_going_back_restores_rows_position_and_focus(scripted: Scripted) -> None:
    page, api = scripted.customer.page, scripted.api
    orders = [{**long_content.order(4 * n + 2), "state": "shipped"} for n in range(60)]
    history = [{"state": "placed", "at": long_content.time(9), "by": "buyer"}]
    api.answers("GET /orders", lambda call: long_content.paged("orders", orders, call))
    api.answers("GET /orders/{orderID}", {**orders[35], "history": history})
    scripted.signs_in()
    rows = page.get_by_role("list", name="Your orders").get_by_role("listitem")
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Show more orders").click()
    expect(rows).to_have_count(40)
    link = rows.nth(35).get_by_role("link")
    link.scroll_into_view_if_needed()
    top = page.evaluate("scrollY")
    assert top > 0

    for go_back in (page.go_back, page.get_by_role("link", name="All orders").click):
        link.click()
        scripted.customer.sees_an_order()
        go_back()
        expect(rows).to_have_count(40)
        expect(link).to_be_focused()
        assert page.evaluate("scrollY") == top


def test_a_row_that_is_gone_goes_and_rows_of_later_pages_stay(scripted: Scripted) -> None:
    page, api = scripted.customer.page, scripted.api
    orders = [long_content.order(4 * number + 2) for number in range(60)]
    api.answers("GET /orders", lambda call: long_content.paged("orders", orders, call))
    scripted.signs_in()
    rows = page.get_by_role("list", name="Your orders").get_by_role("listitem")
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Show more orders").click()
    expect(rows).to_have_count(40)

    scripted.customer.is_live()
    del orders[3]
    api.sockets[-1].close()

    expect(rows).to_have_count(39)


def test_incoming_messages_do_not_move_what_is_being_read(scripted: Scripted) -> None:
    customer, page, api = scripted.customer, scripted.customer.page, scripted.api
    messages = [long_content.message(number) for number in range(40, 100)]
    api.answers("GET /messages", lambda call: long_content.conversation(messages, call))
    scripted.signs_in()
    customer.opens(f"messages/{long_content.OTHER}")
    bubbles = page.locator(".bubbles li")
    expect(bubbles).to_have_count(30)
    expect(bubbles.last).to_be_in_viewport()
    box = page.locator(".scroll")
    box.evaluate("box => { box.scrollTop = 0 }")
    first = bubbles.first.get_attribute("data-id")
    before = page.locator(f"[data-id='{first}']").bounding_box()
    page.get_by_role("button", name="Show more messages").click()
    expect(bubbles).to_have_count(60)
    after = page.locator(f"[data-id='{first}']").bounding_box()
    top = box.evaluate("box => box.scrollTop")

    customer.is_live()
    api.push("message.received", long_content.message(0))
    expect(bubbles).to_have_count(61)

    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 60  # the button above has gone
    assert box.evaluate("box => box.scrollTop") == top
    page.get_by_role("button", name="Show new messages").click()
    expect(bubbles.last).to_be_in_viewport()


def test_500_rows_stay_quick(scripted: Scripted) -> None:
    page, api = scripted.customer.page, scripted.api
    orders = [long_content.order(number) for number in range(500)]
    api.answers("GET /orders", lambda call: long_content.paged("orders", orders, call))
    scripted.signs_in()
    rows = page.get_by_role("list", name="Your orders").get_by_role("listitem")
    more = page.get_by_role("button", name="Show more orders")
    for count in range(40, 520, 20):
        more.click()
        expect(rows).to_have_count(count)

    milliseconds = page.evaluate(REDRAW)

    print(json.dumps({"redraw": milliseconds}))
    assert milliseconds < MOST_PER_CHANGE
