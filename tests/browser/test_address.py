"""The address of the web client, which anybody can put into a link."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.customer import Customer

pytestmark = pytest.mark.xdist_group("browser")

NAMES = ("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf")
ADDRESSES = [
    *(f"#/{name}" for name in NAMES),
    *(f"#/{page}/{name}" for name in NAMES for page in ("orders", "groups", "messages", "search")),
    "?__proto__[polluted]=1#/orders?__proto__[polluted]=1",
    "?constructor[prototype][polluted]=1#/constructor/prototype?polluted=1",
    "#/__proto__/polluted",
    "#/search/" + quote('{"__proto__": {"polluted": 1}}', safe=""),
    "#__proto__[polluted]=1",
    "#/orders/%",
]

PROTOTYPES = """() => JSON.stringify(
  [Object, Array, Function, String, Map, Promise].map(({ prototype }) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype)).map(([name, { value }]) =>
      [name, String(value)])))"""


def open_each(page: Page, base: str) -> None:
    """Load every address, and check that the objects of all scripts are as at the beginning."""
    page.goto("about:blank")
    original = page.evaluate(PROTOTYPES)
    for address in ADDRESSES:
        page.goto("about:blank")
        page.goto(f"{base}/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("() => ({}).polluted") is None, address
        assert page.evaluate(PROTOTYPES) == original, address


def test_an_address_cannot_change_the_objects_of_the_sign_in_page(visitor: Customer) -> None:
    """fault 75"""
    open_each(visitor.page, visitor.outputs["GatewayUrl"])


@pytest.mark.parametrize("name", NAMES)
def test_an_address_that_is_no_reason_shows_no_notice(visitor: Customer, name: str) -> None:
    """fault 75"""
    visitor.page.goto("about:blank")

    visitor.page.goto(f"{visitor.outputs['GatewayUrl']}/#/{name}")

    visitor.sees("Sign in")
    expect(visitor.page.locator(".notice")).to_have_count(0)


def test_an_address_cannot_change_the_objects_of_the_shop(customer: Customer) -> None:
    """fault 75. Without a reload, because that would sign the user out."""
    page = customer.page
    customer.expects_console_error("status of 404")  # no order and no group has such an ID
    original = page.evaluate(PROTOTYPES)

    for address in ADDRESSES:
        page.evaluate("address => { location.hash = address }", address.partition("#")[2])
        expect(page.get_by_role("heading", level=1)).to_be_visible()

    assert page.evaluate("() => ({}).polluted") is None
    assert page.evaluate(PROTOTYPES) == original
