"""Content that the search finds: of every type, by one word."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from local.api_user import ApiUser, upload
from local.emulator_clients import Outputs
from local.stack_probe import wait_for
from tests.browser.customer import Customer
from tests.browser.gallery import EXIF_WITH_LOCATION
from tests.harness import pictures


@dataclass(frozen=True)
class Stock:
    """What `owner` finds by `word`: an order, a picture in a group, the group, and a message.

    25 more groups have a word that begins with it. The group and the message are by `friend`.
    """

    owner: str
    friend: str
    word: str
    order_id: str
    group_id: str


def create_stock(outputs: Outputs) -> Stock:
    """Create the content, and wait until all of it is found."""
    owner = f"finder-{uuid.uuid4().hex[:6]}"
    api_user = ApiUser.sign_in(outputs, owner)
    friend = ApiUser.sign_in(outputs, f"ann-{uuid.uuid4().hex[:4]}")
    word = "Lantern" + "".join(chr(ord("a") + int(c, 16)) for c in uuid.uuid4().hex[:4])
    note = f"To stand by the back door, beside the other {word.lower()}; the bell does not ring."
    order = {"item": f"{word}, brass", "quantity": 2, "customerID": "12345", "note": note}
    order_id = api_user.request("POST", "/orders", order).body["orderID"]
    group = {"name": f"{word} window", "description": "Goods in the window"}
    group_id = friend.request("POST", "/groups", group).body["groupID"]
    message = {"to": owner, "text": f"Is the {word.lower()} in? <b>Tell me</b> & hurry."}
    friend.request("POST", "/messages", message)
    image = {"contentType": "image/jpeg", "title": f"{word} at night.jpg"}
    invitation = api_user.request("POST", f"/groups/{group_id}/images", image).body
    upload(invitation["upload"], pictures.jpeg(exif=EXIF_WITH_LOCATION))
    for number in range(25):
        api_user.request("POST", "/groups", {"name": f"Shelf of {word}s {number}"})

    def is_all_found() -> bool:
        query = f"/search?limit=100&q={word}"
        results = api_user.request("GET", query).body["results"]
        statuses = [each["data"].get("status") for each in results]
        return len(results) == 29 and "READY" in statuses

    wait_for(f"29 results for {word}, with a picture that is ready", is_all_found)
    name = friend.request("GET", "/users/me").body["username"]
    return Stock(owner, name, word, order_id, group_id)


def open_search(customer: Customer) -> None:
    """Sign in and open the search page."""
    customer.visits()
    customer.signs_in()
    customer.sees("Orders")
    customer.page.get_by_role("link", name="Search").click()
    customer.sees("Search")


def search_for(customer: Customer, words: str, kind: str = "Everything") -> None:
    customer.page.get_by_label("Type").select_option(kind)
    customer.page.get_by_role("searchbox").fill(words)


def results(page: Page) -> Locator:
    return page.get_by_role("list", name="Results").get_by_role("listitem")
