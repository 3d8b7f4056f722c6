"""Several orders at the shop's desk: selected, changed, printed, exported and counted."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from local.api_user import ApiUser
from tests.browser.customer import Customer
from tests.browser.shop import change, open_desk, place, row, rows

pytestmark = pytest.mark.xdist_group("desk")

PRINT = "globalThis.print = () => { document.body.dataset.printed = 'yes'; }"


def bar(customer: Customer) -> Locator:
    return customer.page.get_by_role("region", name="Selected orders")


def boxes(customer: Customer) -> Locator:
    return customer.page.get_by_role("list", name="Orders").get_by_role("checkbox")


def shop_of(page: Page, number: int) -> list[dict[str, Any]]:
    """Let the page see a shop with so many orders. Returns them."""
    newest = datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC)
    orders = [
        {
            "orderID": f"00000000-0000-4000-8000-{each:012}",
            "order": {"item": f"item {each}", "quantity": 2.5},
            "placedBy": "ada",
            "placedAt": f"{newest - timedelta(seconds=each):%Y-%m-%dT%H:%M:%S}.000Z",
            "state": "placed",
            "version": 1,
            "allowed": ["accepted", "cancelled"],
        }
        for each in range(number)
    ]

    def answer(route: Route) -> None:
        found = re.search(r"limit=(\d+)(?:&next=(\d+))?", route.request.url)
        assert found is not None
        start = int(found[2] or 0)
        end = start + int(found[1])
        token = str(end) if end < number else None
        route.fulfill(json={"orders": orders[start:end], "next": token})

    page.route("**/shop/orders?*", answer)
    name: dict[str, Any] = {"with": "ada", "withID": "ada", "messages": [], "next": None}
    page.route("**/messages?limit=1&withID=ada", lambda route: route.fulfill(json=name))
    return orders


def exported(customer: Customer) -> str:
    with customer.page.expect_download() as download:
        customer.presses("Export CSV")
    return Path(download.value.path()).read_text(newline="")


def test_several_orders_are_changed_with_one_request(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    """fault 92"""
    lamp, table, _ = place(buyer, "brass lamp", "oak table", "linen apron")
    requests: list[Any] = []
    clerk.page.on("request", lambda each: requests.append(each))
    open_desk(clerk, buyer.sub)
    clerk.page.get_by_role("checkbox", name="Select all shown").check()
    expect(bar(clerk)).to_contain_text("3 selected")
    bar(clerk).get_by_role("button", name="Confirm 3…").click()
    clerk.fills("Note", "ships on Monday")
    change(colleague, [table], "cancelled")

    clerk.presses("Confirm 3 orders")

    told = clerk.page.get_by_role("status").filter(has_text="not changed")
    expect(told).to_contain_text("2 orders confirmed. 1 order not changed:")
    expect(told).to_contain_text("oak table: somebody has changed it, and it is cancelled now.")
    expect(bar(clerk)).to_have_count(0)
    for item, state in (("lamp", "confirmed"), ("table", "cancelled"), ("apron", "confirmed")):
        expect(row(clerk, item).locator(".state")).to_have_text(state)
    sent = [json.loads(each.post_data) for each in requests if "/shop/changes" in each.url]
    assert [len(body["orders"]) for body in sent] == [3]
    history = buyer.request("GET", f"/orders/{lamp}").body["history"]
    assert history[1]["note"] == "ships on Monday"


def test_the_buttons_count_the_orders_whose_state_allows_the_change(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    ids = place(buyer, "brass lamp", "oak table", "linen apron")
    change(colleague, ids[:2], "accepted")
    change(colleague, ids[:1], "packed")
    open_desk(clerk, buyer.sub)

    clerk.page.get_by_role("checkbox", name="Select all shown").check()

    expect(bar(clerk).get_by_role("button")).to_have_text(
        ["Confirm 1…", "Pack 1…", "Ship 1…", "Cancel 2…", "Print 3", "Clear"]
    )


def test_the_shift_key_selects_the_rows_in_between(clerk: Customer) -> None:
    shop_of(clerk.page, 30)
    open_desk(clerk)

    boxes(clerk).nth(2).click()
    boxes(clerk).nth(6).click(modifiers=["Shift"])
    expect(bar(clerk)).to_contain_text("5 selected")
    boxes(clerk).nth(4).click()
    expect(bar(clerk)).to_contain_text("4 selected")
    boxes(clerk).nth(3).focus()
    clerk.page.keyboard.press("Shift+Space")
    expect(bar(clerk)).to_contain_text("3 selected")
    clerk.presses("Clear")
    expect(bar(clerk)).to_have_count(0)
    expect(boxes(clerk).nth(2)).not_to_be_checked()


def test_at_most_a_hundred_orders_are_selected(clerk: Customer) -> None:
    shop_of(clerk.page, 130)
    open_desk(clerk)
    for loaded in range(20, 121, 20):
        expect(rows(clerk)).to_have_count(loaded)
        clerk.presses("Show more orders")
    expect(rows(clerk)).to_have_count(130)

    clerk.page.get_by_role("checkbox", name="Select all shown").check()

    expect(bar(clerk)).to_contain_text("100 selected")
    expect(clerk.page.get_by_text("Select all shown: at most 100")).to_be_visible()
    boxes(clerk).nth(110).click()
    expect(boxes(clerk).nth(110)).not_to_be_checked()
    expect(bar(clerk)).to_contain_text("100 selected")


def test_each_packing_slip_is_a_page_and_nothing_else_is_printed(clerk: Customer) -> None:
    clerk.page.add_init_script(PRINT)
    shop_of(clerk.page, 30)
    open_desk(clerk)
    for index in range(3):
        boxes(clerk).nth(index).click()

    clerk.presses("Print 3")

    expect(clerk.page.locator("body[data-printed=yes]")).to_be_attached()
    clerk.page.emulate_media(media="print")
    slips = clerk.page.get_by_role("article")
    expect(slips).to_have_count(3)
    expect(slips.nth(1)).to_contain_text("item 1")
    expect(slips.nth(1)).to_contain_text("00000000-0000-4000-8000-000000000001")
    for hidden in (".desk", "header", ".toasts"):
        expect(clerk.page.locator(hidden)).to_be_hidden()
    pages = re.findall(rb"/Type\s*/Page\b", clerk.page.pdf())
    assert len(pages) == 3
    clerk.page.emulate_media(media="screen")
    expect(slips.first).to_be_hidden()
    clerk.page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(slips).to_have_count(0)


def test_ten_thousand_orders_are_a_csv_file(clerk: Customer) -> None:
    orders = shop_of(clerk.page, 10_000)
    open_desk(clerk)

    text = exported(clerk)

    assert text.startswith("\ufeff")
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [line["orderID"] for line in lines] == [order["orderID"] for order in orders]
    assert lines[9_999] == {
        "orderID": "00000000-0000-4000-8000-000000009999",
        "placedAt": "2026-11-29T21:13:20.000Z",
        "state": "placed",
        "item": "item 9999",
        "quantity": "2.5",
        "customerID": "",
        "note": "",
        "placedBy": "ada",
        "shippedAt": "",
    }


def test_no_text_of_a_buyer_is_a_formula_or_another_field_in_the_csv_file(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    """fault 95"""
    item, note = '=HYPERLINK("http://example.com";"x")', 'a "b", c\r\nd;é'
    ids = place(buyer, item, note=note, customerID="@12", quantity=0.5)
    place(buyer, "-1+2", "\tx", "＝1")
    change(colleague, ids, "accepted", "packed", "shipped")
    open_desk(clerk, buyer.sub)
    clerk.page.get_by_label("State").select_option("")
    expect(rows(clerk)).to_have_count(4)

    text = exported(clerk)

    lines = {line["item"]: line for line in csv.DictReader(io.StringIO(text[1:], newline=""))}
    assert lines.keys() == {f"'{item}", "'-1+2", "'\tx", "'＝1"}
    first = lines[f"'{item}"]
    assert (first["note"], first["customerID"], first["quantity"]) == (note, "'@12", "0.5")
    shipped = colleague.request("GET", f"/shop/orders/{ids[0]}").body["shippedAt"]
    assert first["shippedAt"] == shipped
    assert text.count("\r\n") == 6  # five lines, and one in the note


def test_an_export_can_be_stopped(clerk: Customer) -> None:
    shop_of(clerk.page, 10_000)
    downloads: list[object] = []
    clerk.page.on("download", lambda each: downloads.append(each))
    open_desk(clerk)
    held: list[Route] = []
    clerk.page.route("**/shop/orders?*next=300*", lambda route: held.append(route))
    clerk.presses("Export CSV")
    expect(clerk.page.get_by_text("300 orders…")).to_be_visible()

    clerk.presses("Stop")
    for route in held:
        route.fallback()

    expect(clerk.page.get_by_role("button", name="Export CSV")).to_be_visible()
    assert downloads == []


def test_an_export_that_fails_says_so(clerk: Customer) -> None:
    clerk.expects_console_error("net::ERR_FAILED")
    shop_of(clerk.page, 1_000)
    open_desk(clerk)
    clerk.page.route("**/shop/orders?*next=300*", lambda route: route.abort())

    clerk.presses("Export CSV")

    clerk.is_told("The server did not respond.")
    expect(clerk.page.get_by_role("button", name="Export CSV")).to_be_visible()


def test_the_numbers_are_charts_and_a_table(
    clerk: Customer, buyer: ApiUser, colleague: ApiUser
) -> None:
    ids = place(buyer, "brass lamp", "oak table")
    change(colleague, ids[:1], "accepted", "packed", "shipped")
    summary = colleague.request("GET", "/shop/summary").body
    open_desk(clerk)
    clerk.page.get_by_role("link", name="Numbers").click()
    clerk.sees("Numbers")

    total = sum(day["orders"] for day in summary["days"])
    chart = clerk.page.get_by_role("img", name=f"Orders per day: {total} orders in the last 30")
    expect(chart.locator("rect")).to_have_count(30)
    expect(chart.locator("rect").last).not_to_have_attribute("height", "0")
    expect(clerk.page.get_by_role("img", name="Time to ship: Median")).to_be_visible()
    shipped = clerk.page.locator(".tiles .card").filter(has_text="shipped")
    expect(shipped).to_contain_text(str(summary["states"]["shipped"]))
    clerk.page.get_by_text("Show as a table").click()
    today = clerk.page.get_by_role("row").last.get_by_role("cell")
    last = summary["days"][-1]
    expect(today.nth(0)).to_have_text(str(last["orders"]))
    expect(today.nth(1)).to_have_text(str(last["shipped"]))
    expect(today.nth(2)).to_have_text(re.compile("min|h"))
