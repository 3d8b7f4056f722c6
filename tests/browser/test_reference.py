"""The gateway's page of the API, in a browser: its forms send requests as the signed-in user."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from playwright.sync_api import Browser, Page, expect

from local.emulator_clients import Outputs
from tests.browser.customer import PASSWORD, create_user

pytestmark = pytest.mark.xdist_group("browser")


def test_a_signed_in_user_tries_routes(browser: Browser, outputs: Outputs) -> None:
    name = f"reader-{uuid.uuid4().hex[:12]}"
    create_user(outputs, name)
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{outputs['GatewayUrl']}/_local/api")

    assert send(page, "get-usersme").startswith("401")
    page.get_by_label("user name", exact=True).fill(name)
    page.get_by_label("password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status")).to_have_text("Signed in")

    profile = send(page, "get-usersme")
    assert profile.startswith("200")
    assert json.loads(profile.partition("\n")[2])["username"] == name
    assert send(page, "post-orders").startswith("202")
    assert send(page, "get-usersmfa").startswith("200")  # with the access token
    assert send(page, "get-orders", limit="0").startswith("400")
    assert errors == []
    page.close()


def send(page: Page, heading: str, **values: str) -> str:
    """Send the form of a route, and return its status and body."""
    tried = page.locator(f"#{heading} + details")
    if not tried.evaluate("each => each.open"):
        tried.locator("summary").click()
    for name, value in values.items():
        tried.get_by_placeholder(name, exact=True).fill(value)
    with page.expect_response(lambda response: response.request.resource_type == "fetch") as sent:
        tried.get_by_role("button").click()
    answer = tried.locator("pre")
    expect(answer).to_have_text(re.compile(rf"^{sent.value.status}\b"))
    return answer.inner_text()
