"""Chromium in front of the local stack."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from local.api_user import ApiUser
from local.emulator_clients import Outputs
from tests.browser.customer import Customer, create_user
from tests.browser.scripted import Scripted
from tests.browser.stock import Stock, create_stock
from tests.harness.chromium import chromium
from tests.harness.scripted_api import ORIGIN, ScriptedApi

expect.set_options(timeout=20_000)  # ms; the first request starts a function


@pytest.fixture(scope="module")  # its event loop must not outlive the tests of the module
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser, outputs: Outputs) -> Iterator[Customer]:
    """Somebody without an account, at the sign-in page."""
    context = browser.new_context(service_workers="block")  # it would hide requests from the tests
    visitor = Customer(context.new_page(), outputs, f"visitor-{uuid.uuid4().hex[:12]}")
    visitor.record_console()
    visitor.visits()
    yield visitor
    context.close()
    visitor.check_console()


@pytest.fixture
def customer(visitor: Customer) -> Customer:
    """A user who is signed in and has a live connection."""
    visitor.is_created()
    visitor.signs_in()
    visitor.sees("Orders")
    visitor.is_live()
    return visitor


@pytest.fixture
def clerk(visitor: Customer) -> Customer:
    """A member of `staff` at the sign-in page."""
    visitor.is_created(group="staff")
    return visitor


@pytest.fixture(scope="session")
def colleague(outputs: Outputs) -> ApiUser:
    """Another member of `staff`."""
    return ApiUser.sign_in(outputs, f"colleague-{uuid.uuid4().hex[:8]}", group="staff")


@pytest.fixture
def buyer(outputs: Outputs) -> ApiUser:
    """A user who places orders."""
    return ApiUser.sign_in(outputs, f"buyer-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def stock(outputs: Outputs) -> Stock:
    """Content that its owner finds. The owner has an account with PASSWORD."""
    stock = create_stock(outputs)
    create_user(outputs, stock.owner)
    return stock


@pytest.fixture
def scripted(browser: Browser) -> Iterator[Scripted]:
    """Somebody with an account, at the sign-in page of a client whose API is a script."""
    context = browser.new_context(service_workers="block", reduced_motion="reduce")
    api = ScriptedApi(time.time())
    api.install(context)
    customer = Customer(context.new_page(), {"GatewayUrl": ORIGIN}, "ann", stays=False)
    customer.record_console()
    yield Scripted(customer, api)
    context.close()
    customer.check_console()
    assert api.problems == []
