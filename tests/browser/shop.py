"""The desk of the web client, and orders for it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Response

from local.api_user import ApiUser
from local.stack_probe import wait_for
from tests.browser.customer import Customer

_PARAMETERS = {"State": "state", "Buyer": "placedBy", "From": "from", "To": "to"}


def place(buyer: ApiUser, *items: str, **content: Any) -> list[str]:
    """Place orders of these items, and wait until all are stored. Returns their orderIDs."""
    orders = [{"item": item, **content} for item in items]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda order: buyer.request("POST", "/orders", order), orders))
    ids = [str(answer.body["orderID"]) for answer in answers]
    for order_id in ids:
        wait_for("the order", partial(_is_stored, buyer, order_id))
    return ids


def _is_stored(buyer: ApiUser, order_id: str) -> bool:
    return buyer.request("GET", f"/orders/{order_id}").status == 200


def change(clerk: ApiUser, order_ids: Sequence[str], *states: str) -> None:
    """Change orders into these states, one after the other."""
    for state in states:
        path = f"/shop/orders/{order_ids[0]}"
        version = clerk.request("GET", path).body["version"]
        orders = [{"orderID": order_id, "version": version} for order_id in order_ids]
        body = {"state": state, "orders": orders}
        assert clerk.request("POST", "/shop/changes", body).body["refused"] == []


def open_desk(customer: Customer, buyer: str = "") -> None:
    """Sign in and open the desk, of one buyer's orders if it is given."""
    customer.visits()
    customer.signs_in()
    customer.sees("Desk")
    if buyer:
        filter_by(customer, Buyer=buyer)


def filter_by(customer: Customer, **filters: str) -> None:
    """Set filters by their labels."""
    form = customer.page.get_by_role("form", name="Filters")
    for label, value in filters.items():
        field = form.get_by_label(label)
        # The desk also looks for new orders by itself, which may still be with the old filters.
        with customer.page.expect_response(partial(_is_filtered, _PARAMETERS[label], value)):
            if label == "State":
                field.select_option(value)
            else:
                field.fill(value)
                field.dispatch_event("change")


def _is_filtered(parameter: str, value: str, response: Response) -> bool:
    """Whether this is a list of orders with this filter; an empty value is no filter."""
    url = urlsplit(response.url)
    return url.path.endswith("/shop/orders") and parse_qs(url.query).get(parameter, [""]) == [value]


def rows(customer: Customer) -> Locator:
    return customer.page.get_by_role("list", name="Orders").get_by_role("listitem")


def row(customer: Customer, item: str) -> Locator:
    return rows(customer).filter(has_text=item)


def news(customer: Customer) -> Locator:
    """The button that shows new orders."""
    return customer.page.locator(".news").get_by_role("button")
