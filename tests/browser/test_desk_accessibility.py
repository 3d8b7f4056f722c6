"""Everybody in the shop can use the desk: by keyboard, by touch, on any screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from local.api_user import ApiUser
from local.emulator_clients import Outputs
from tests.browser.customer import Customer, create_user
from tests.browser.shop import change, open_desk, place, row, rows
from tests.browser.views import SIZES, Scheme, Size, every_view, open_view

pytestmark = pytest.mark.xdist_group("desk")

SMALLEST_TARGET = 44  # CSS pixels; WCAG 2.2, success criterion 2.5.5

# Each thing to press in the desk, with the size of the area that takes the press.
TARGETS = """
[...document.querySelectorAll('.desk :is(a, button, input, select, summary), .question button')]
  .filter(each => each.checkVisibility())
  .map(each => [each, (each.closest('label') ?? each).getBoundingClientRect()])
  .map(([each, {width, height}]) => [each.outerHTML.slice(0, 80), Math.min(width, height)])
"""


every_view_and_tablets = pytest.mark.parametrize(
    ("scheme", "size"),
    [
        *every_view.args[1],
        pytest.param("light", "tablet", marks=pytest.mark.ci),
        pytest.param("dark", "tablet", marks=pytest.mark.ci),
    ],
)


@pytest.fixture(scope="module")
def open_shop(outputs: Outputs) -> tuple[str, str]:
    """A member of `staff`, and a buyer with orders in several states."""
    clerk, buyer = f"clerk-{uuid.uuid4().hex[:8]}", f"ann-{uuid.uuid4().hex[:4]}"
    create_user(outputs, clerk, group="staff")
    ann = ApiUser.sign_in(outputs, buyer)
    dora = ApiUser.sign_in(outputs, f"dora-{uuid.uuid4().hex[:4]}", group="staff")
    note = "Please ring at the back door: the bell in front does not work."
    ids = place(ann, "Coffee cups, stoneware, set of six", "Brass lamp", "Oak table", note=note)
    ids += place(ann, "Linen apron", quantity=2, customerID="12345")
    change(dora, ids[:2], "accepted")
    change(dora, ids[:1], "packed", "shipped")
    change(dora, ids[2:3], "cancelled")
    return clerk, ann.sub


@every_view_and_tablets
def test_the_desk_is_accessible(
    browser: Browser,
    outputs: Outputs,
    open_shop: tuple[str, str],
    scheme: Scheme,
    size: Size,
) -> None:
    with open_view(browser, scheme, size) as view:
        clerk = Customer(view.page, outputs, open_shop[0])
        open_desk(clerk)
        expect(rows(clerk).first).to_be_visible()
        view.check("desk")
        clerk.page.get_by_label("State").select_option("")
        expect(row(clerk, "Coffee cups").first).to_be_visible()
        clerk.page.get_by_role("checkbox", name="Select all shown").check()
        view.check("desk-selected")
        clerk.page.get_by_role("button", name="Confirm").last.click()
        view.check("desk-question")
        clerk.presses("Back")
        row(clerk, "Brass lamp").first.get_by_role("link").first.click()
        expect(clerk.page.get_by_role("list", name="History")).to_be_visible()
        view.check("desk-order")
        clerk.opens("desk/numbers")
        clerk.page.get_by_text("Show as a table").click()
        view.check("desk-numbers")

    assert view.problems == []


def small_targets(page: Page) -> list[Any]:
    return [each for each in page.evaluate(TARGETS) if each[1] < SMALLEST_TARGET]


def test_whatever_can_be_pressed_is_large_enough_for_a_finger(
    browser: Browser, outputs: Outputs, open_shop: tuple[str, str]
) -> None:
    context = browser.new_context(viewport=SIZES["tablet"], has_touch=True)
    page = context.new_page()
    clerk = Customer(page, outputs, open_shop[0])
    open_desk(clerk, open_shop[1])
    page.get_by_role("checkbox", name="Select all shown").tap()
    expect(page.get_by_role("region", name="Selected orders")).to_be_visible()
    found = small_targets(page)
    page.get_by_role("button", name="Confirm 1…").tap()
    found += small_targets(page)
    page.get_by_role("button", name="Back").tap()
    row(clerk, "Brass lamp").get_by_role("link").first.tap()
    expect(page.get_by_role("list", name="History")).to_be_visible()
    found += small_targets(page)
    clerk.opens("desk/numbers")
    expect(page.get_by_text("Show as a table")).to_be_visible()
    found += small_targets(page)
    context.close()

    assert found == []


def test_the_desk_fits_at_a_zoom_of_400_percent(
    browser: Browser, outputs: Outputs, open_shop: tuple[str, str]
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 256})  # 1280 by 1024, zoomed
    clerk = Customer(context.new_page(), outputs, open_shop[0])
    open_desk(clerk, open_shop[1])
    clerk.page.get_by_role("checkbox", name="Select all shown").check()
    wide: list[str] = []

    def look(name: str) -> None:
        if clerk.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)

    look("list")
    row(clerk, "Brass lamp").get_by_role("link").first.click()
    expect(clerk.page.get_by_role("list", name="History")).to_be_visible()
    look("order")
    clerk.opens("desk/numbers")
    clerk.page.get_by_text("Show as a table").click()
    look("numbers")
    context.close()

    assert wide == []


def tab_to(page: Page, is_there: Callable[[], bool]) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if is_there():
            return
    pytest.fail("the Tab key does not lead there")


def focused(page: Page, name: str) -> Callable[[], bool]:
    script = "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent"
    return lambda: " ".join(page.evaluate(script).split()) == name


def test_orders_are_changed_by_keyboard_alone(clerk: Customer, buyer: ApiUser) -> None:
    place(buyer, "brass lamp", "oak table")
    open_desk(clerk, buyer.sub)
    expect(rows(clerk)).to_have_count(2)
    page = clerk.page
    page.get_by_role("heading", name="Desk").focus()

    tab_to(page, focused(page, "Confirm brass lamp"))
    page.keyboard.press("Enter")
    expect(row(clerk, "brass lamp").locator(".state")).to_have_text("confirmed")
    page.get_by_role("heading", name="Desk").focus()
    tab_to(page, focused(page, "Select all shown"))
    page.keyboard.press("Space")
    tab_to(page, focused(page, "Cancel 2…"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.type("out of stock")
    tab_to(page, focused(page, "Cancel 2 orders"))
    page.keyboard.press("Enter")

    expect(rows(clerk).locator(".state")).to_have_text(["cancelled", "cancelled"])
    expect(page.get_by_role("status").filter(has_text="2 orders cancelled.")).to_be_visible()


def test_new_orders_are_announced_and_do_not_take_the_focus(
    clerk: Customer, buyer: ApiUser
) -> None:
    place(buyer, "brass lamp")
    open_desk(clerk, buyer.sub)
    link = row(clerk, "brass lamp").get_by_role("link").first
    link.focus()

    place(buyer, "oak table")

    button = clerk.page.get_by_role("button", name="Show 1 new")
    expect(clerk.page.get_by_role("status").filter(has=button)).to_be_visible()
    expect(link).to_be_focused()


def test_a_phone_has_five_tabs_and_the_account_page_the_others(
    browser: Browser, outputs: Outputs, open_shop: tuple[str, str]
) -> None:
    context = browser.new_context(viewport=SIZES["phone"])
    clerk = Customer(context.new_page(), outputs, open_shop[0])
    open_desk(clerk)
    tabs = clerk.page.get_by_role("navigation", name="Main").get_by_role("link")
    shown = tabs.all_inner_texts()
    clerk.opens("account")
    clerk.sees("Account")
    others = clerk.page.get_by_role("navigation", name="More pages").get_by_role("link")
    hidden = [text.split()[0] for text in others.all_inner_texts()]  # some are marked
    context.close()

    assert len(shown) == 5
    assert shown[0] == "Desk"
    assert {"Orders", "Messages", "Pictures", "Groups", "Mail"} <= {*shown, *hidden}
    assert not set(shown) & set(hidden)
