"""Downloading one's data in the web client."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from zipfile import ZipFile

import pytest
from playwright.sync_api import Route, expect

from tests.browser.customer import Customer
from tests.harness.exporting import contents

pytestmark = pytest.mark.xdist_group("browser")

FAILED = {"status": "FAILED", "startedAt": "2026-11-28T22:30:00.000Z", "reason": "it failed"}


def downloaded(customer: Customer) -> ZipFile:
    """The file behind the link, once it is there."""
    link = customer.page.get_by_role("link", name="storefront-")
    expect(link).to_have_count(1)
    with customer.page.expect_download() as download:
        link.click()
    return ZipFile(download.value.path())


def test_a_customer_downloads_their_data_when_a_live_event_says_so(visitor: Customer) -> None:
    visitor.page.add_init_script("window.setInterval = () => 0")  # nothing is polled
    visitor.visits()
    visitor.is_created()
    visitor.signs_in()
    visitor.is_live()
    visitor.opens("account")

    visitor.presses("Download my data")

    found = contents(downloaded(visitor))
    assert found["profile.json"]["username"] == visitor.name
    assert found["profile.json"]["attributes"]["email"] == visitor.email


def test_without_a_live_connection_the_client_polls(visitor: Customer) -> None:
    visitor.expects_console_error("net::ERR_FAILED")
    visitor.page.route("**/live", lambda route: route.abort())
    visitor.is_created()
    visitor.signs_in()
    visitor.opens("account")

    visitor.presses("Download my data")

    assert "README.txt" in downloaded(visitor).namelist()


def test_a_failed_export_can_be_started_again(customer: Customer) -> None:
    requested: list[str] = []
    numbers: Iterator[int] = count()

    def fail_once(route: Route) -> None:
        requested.append(route.request.url.partition("?")[2])
        if next(numbers) == 0:
            route.fulfill(json=FAILED)
        else:
            route.continue_()

    customer.page.route("**/users/me/export*", fail_once)
    customer.opens("account")
    customer.presses("Download my data")
    customer.is_told("Your data could not be prepared.")

    customer.presses("Try again")

    assert "README.txt" in downloaded(customer).namelist()
    assert requested[:2] == ["", "fresh=true"]


def test_nothing_is_prepared_unless_the_customer_asks_for_it(customer: Customer) -> None:
    requested: list[str] = []
    customer.page.on("request", lambda request: requested.append(request.url))

    customer.opens("account")
    expect(customer.page.get_by_role("button", name="Set up")).to_be_visible()

    assert not any("export" in url.rpartition("/")[2] for url in requested if "/users/" in url)
