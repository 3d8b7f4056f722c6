"""Messages in the web client. The other user calls the API."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

import pytest
from playwright.sync_api import Route, expect

from local.api_user import ApiUser
from local.emulator_clients import Outputs, client
from tests.browser.customer import Customer

pytestmark = pytest.mark.xdist_group("browser")


@dataclass
class Friend:
    """The other user of a conversation."""

    name: str
    api_user: ApiUser

    def writes(self, to: str, text: str) -> None:
        answer = self.api_user.request("POST", "/messages", {"to": to, "text": text})
        assert answer.status == 201, f"POST /messages: expected 201, got {answer}"


@pytest.fixture
def friend(outputs: Outputs) -> Friend:
    name = f"friend-{uuid.uuid4().hex[:12]}"
    return Friend(name, ApiUser.sign_in(outputs, name))


def open_conversation(customer: Customer, name: str) -> None:
    customer.opens("messages")
    customer.fills("Write to", name)
    customer.presses("Open")
    expect(customer.page.get_by_role("heading", name=name)).to_be_visible()


def write(customer: Customer, text: str) -> None:
    field = customer.page.get_by_label("Message", exact=True)
    field.fill(text)
    field.press("Enter")


def expect_sent(customer: Customer, text: str) -> None:
    """A message is shown before the API accepts it, and can be deleted only afterwards."""
    delete = customer.page.get_by_role("button", name=f"Delete… “{text}”")
    expect(delete).to_be_visible()


def test_a_message_is_sent_and_answered_live(customer: Customer, friend: Friend) -> None:
    bubbles = customer.page.locator(".bubbles li")
    open_conversation(customer, friend.name)

    write(customer, "Are the gloves in?")
    expect_sent(customer, "Are the gloves in?")
    friend.writes(customer.name, "Tomorrow.")

    expect(bubbles).to_have_count(2)
    expect(bubbles.last).to_contain_text("Tomorrow.")
    expect(customer.page.get_by_role("status").filter(has_text="Tomorrow.")).to_be_visible()
    expect(customer.page.locator("nav .count")).to_have_count(0)  # it was read when it arrived


def test_unread_messages_are_counted_until_they_are_read(
    customer: Customer, friend: Friend
) -> None:
    friend.writes(customer.name, "Hello?")
    friend.writes(customer.name, "Anybody there?")
    count = customer.page.locator("nav .count")
    expect(count).to_have_text("2 unread")
    customer.opens("messages")
    expect(customer.page.locator(".conversation .count")).to_have_text("2 unread")

    customer.page.get_by_role("link", name=friend.name).click()

    expect(customer.page.locator(".bubbles li")).to_have_count(2)
    expect(count).to_have_count(0)
    expect(customer.page.locator(".conversation .count")).to_have_count(0)


def test_a_message_whose_response_was_lost_is_sent_only_once(
    customer: Customer, friend: Friend
) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the request arrives
        route.abort()  # the response does not

    customer.expects_console_error("net::ERR_FAILED")
    open_conversation(customer, friend.name)
    customer.page.route("**/messages", lose, times=1)

    write(customer, "Once")
    expect(customer.page.locator(".thread .problem")).to_contain_text("did not respond")
    expect(customer.page.get_by_label("Message", exact=True)).to_have_value("")
    customer.presses("Try again")

    expect_sent(customer, "Once")
    sent = friend.api_user.request("GET", f"/messages?with={customer.name}").body["messages"]
    assert [each["text"] for each in sent] == ["Once"]


def test_an_unknown_recipient_is_reported_at_the_field(customer: Customer) -> None:
    customer.expects_console_error("status of 404")
    customer.opens("messages")
    customer.fills("Write to", "nobody-at-all")

    customer.presses("Open")

    expect(customer.page.locator(".field .problem")).to_have_text("There is no such user.")


def test_a_new_user_of_an_old_name_is_in_another_conversation(
    customer: Customer, friend: Friend, outputs: Outputs
) -> None:
    """fault 59"""
    customer.expects_console_error("status of 404")
    friend.writes(customer.name, "From the old one.")
    cognito = client("cognito-idp", outputs)
    cognito.admin_delete_user(UserPoolId=outputs["UserPoolId"], Username=friend.name)
    Friend(friend.name, ApiUser.sign_in(outputs, friend.name)).writes(customer.name, "The new one.")
    bubbles = customer.page.locator(".bubbles li")
    customer.opens("messages")
    conversations = customer.page.locator(".conversation a")
    expect(conversations).to_have_text([friend.name, friend.name])  # the newest is first

    conversations.first.click()
    expect(bubbles).to_have_text(re.compile("The new one."))
    conversations.last.click()
    expect(bubbles).to_have_text(re.compile("From the old one."))
    write(customer, "Are you there?")

    expect(customer.page.locator(".thread .problem")).to_have_text("There is no such user.")
    expect(customer.page.get_by_role("button", name="Try again")).to_have_count(0)
    customer.presses("Do not send")
    expect(bubbles).to_have_count(1)


def test_a_message_is_deleted_after_a_question(customer: Customer, friend: Friend) -> None:
    open_conversation(customer, friend.name)
    write(customer, "Oops")

    customer.page.get_by_role("button", name="Delete… “Oops”").click()
    expect(customer.page.get_by_role("button", name="Cancel")).to_be_focused()
    customer.presses("Delete")

    expect(customer.page.locator(".bubbles li")).to_have_count(0)
    answer = friend.api_user.request("GET", f"/messages?with={customer.name}")
    assert answer.body["messages"] == []


def test_earlier_messages_are_loaded_on_demand(customer: Customer, friend: Friend) -> None:
    for number in range(32):
        friend.writes(customer.name, f"line {number}")
    open_conversation(customer, friend.name)
    bubbles = customer.page.locator(".bubbles li")
    expect(bubbles).to_have_count(30)

    customer.presses("Show more messages")

    expect(bubbles).to_have_count(32)
    expect(bubbles.first).to_contain_text("line 0")
