"""The search pages, and the pages that need much content, are accessible."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from local.emulator_clients import Outputs
from tests.browser.customer import Customer
from tests.browser.stock import Stock, open_search, results, search_for
from tests.browser.views import Scheme, Size, every_view, open_view

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.usefixtures("engine")]


@every_view
def test_the_search_pages_are_accessible(
    browser: Browser, outputs: Outputs, stock: Stock, scheme: Scheme, size: Size
) -> None:
    with open_view(browser, scheme, size) as view:
        page = view.page
        customer = Customer(page, outputs, stock.owner)

        open_search(customer)
        view.check("search-empty")
        search_for(customer, f"{stock.word} xyzzy")
        expect(page.get_by_text("Nothing found")).to_be_visible()
        view.check("search-nothing")
        search_for(customer, stock.word)
        expect(results(page)).to_have_count(20)
        expect(page.locator(".result img").first).to_be_visible()
        view.check("search")
        customer.opens(f"orders/{stock.order_id}")
        customer.sees_an_order()
        expect(page.get_by_text(stock.order_id)).to_be_visible()
        view.check("order")
        customer.opens("groups")
        page.get_by_role("link", name=f"Shelf of {stock.word}s 24").click()
        customer.presses("Delete…")
        view.check("group-deletion")
        customer.presses("Cancel")
        customer.presses("Edit…")
        view.check("group-editing")

    assert view.problems == []
