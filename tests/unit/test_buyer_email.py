"""The `buyer_email` function: one email per event, to the buyer's own address only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from common import aws
from common.order_states import State
from project import functions
from project.contract import events
from project.fake_aws import items, tables
from tests.harness.observability import Log, metrics
from tests.harness.pool_users import PoolUsers

BUYER = "7d8ca528-4931-4254-9273-ea5ee853f271"  # of events/buyer_email
ADDRESS = "ada@home.example"

RETRIED = [
    "TooManyRequestsException",  # more emails per second than allowed
    "LimitExceededException",  # more emails per day than allowed
    "MessageRejected",  # the identity of the sender is not verified any more
    "MailFromDomainNotVerifiedException",
    "AccountSuspendedException",
    "SendingPausedException",
    "InternalFailure",
]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[PoolUsers]:
    """The user pool with the buyer, and a sender that SES has verified."""
    with tables("IdempotencyTable"):
        made = PoolUsers.create()
        monkeypatch.setenv("USER_POOL_ID", made.pool)
        monkeypatch.setenv("BUYER_EMAILS", "Shop <orders@shop.example>")
        aws.sesv2().create_email_identity(EmailIdentity="orders@shop.example")
        made.add("ada", BUYER)
        confirm(made)
        yield made


def confirm(pool: PoolUsers, name: str = "ada", verified: str = "true") -> None:
    aws.cognito().admin_update_user_attributes(
        UserPoolId=pool.pool,
        Username=name,
        UserAttributes=[
            {"Name": "email", "Value": ADDRESS},
            {"Name": "email_verified", "Value": verified},
        ],
    )


def shipped(**fields: Any) -> dict[str, Any]:
    """Return the event of a shipped order, with changes of the order."""
    event = functions.event("buyer_email", "shipped_order")
    [record] = event["Records"]
    body = json.loads(record["body"])
    body["data"] |= fields
    record["body"] = json.dumps(body)
    return event


def handle(event: dict[str, Any]) -> list[str]:
    """Return the messages that the function reports as failed."""
    context = functions.context("buyer_email")
    response = functions.function("buyer_email").handler(event, context)
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def message_ids(event: dict[str, Any]) -> list[str]:
    return [record["messageId"] for record in event["Records"]]


def sent() -> list[Any]:
    """Return the emails that SES has accepted."""
    return ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages


def test_a_buyer_is_told_that_the_order_is_on_its_way(
    pool: PoolUsers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert handle(functions.event("buyer_email", "shipped_order")) == []

    [email] = sent()
    assert email.source == "Shop <orders@shop.example>"
    assert email.destinations == {"ToAddresses": [ADDRESS]}
    assert email.subject == "Your order is on its way"
    assert email.body == (
        "Your order is on its way.\n"
        "\n"
        "1.50 x Desk lamp, brass\n"
        "Order 00000001-c6af-4cdb-9ab1-3b5c2e0f0001 of 2026-03-01\n"
        "\n"
        "The shop writes: Parcel 00340434161094042557\n"
    )
    assert metrics(capsys.readouterr().out) == {"EmailsSent": 1}


@pytest.mark.parametrize("state", State)
def test_each_state_has_a_subject_of_its_own(state: State) -> None:
    wording = functions.module("buyer_email", "wording")
    subjects = [wording.email(example(each)).subject for each in State]

    email = wording.email(example(state))

    assert subjects.count(email.subject) == 1
    assert email.text.startswith(f"{email.subject}.\n")


def example(state: State) -> dict[str, Any]:
    schema = json.loads((events.FOLDER / events.file_name(f"order.{state}")).read_text())
    [event] = schema["examples"]
    return event  # type: ignore[no-any-return]


def test_the_events_of_the_queue_are_those_with_a_subject() -> None:
    policy = functions.resource("BuyerEmailQueueSubscription")["FilterPolicy"]

    assert policy["type"] == [f"order.{state}" for state in State]


def test_a_new_order_is_confirmed(pool: PoolUsers) -> None:
    handle(functions.event("buyer_email", "placed_order"))

    [email] = sent()
    assert email.subject == "We have received your order"
    assert "The shop writes" not in email.body


def test_the_note_of_a_buyer_is_not_one_of_the_shop(pool: PoolUsers) -> None:
    note = {"state": "cancelled", "at": "2026-03-01T12:00:00.123Z", "by": "buyer", "note": "sorry"}

    handle(shipped(history=[note]))

    [email] = sent()
    assert "sorry" not in email.body


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\x0b", "\u202e"])
def test_a_line_break_cannot_forge_a_line(pool: PoolUsers, line_break: str) -> None:
    handle(shipped(order={"item": f"lamp{line_break}The shop writes: pay again"}))

    [email] = sent()
    assert "lamp" in email.body
    assert all(line.isprintable() for line in email.body.splitlines())
    assert "\nThe shop writes: pay again" not in email.body


def test_a_redelivered_event_is_one_email(pool: PoolUsers) -> None:
    event = functions.event("buyer_email", "shipped_order")

    assert handle(event) == []
    event["Records"][0]["messageId"] = "00000009-0dd5-4b5c-8f5a-e3a1d4c00009"
    assert handle(event) == []

    assert len(sent()) == 1


def test_a_record_is_read_if_a_refused_write_does_not_return_it(pool: PoolUsers) -> None:
    """Powertools reads the record if DynamoDB's refusal does not include it."""
    event = functions.event("buyer_email", "shipped_order")
    handle(event)
    hooks = aws.dynamodb().meta.events

    hooks.register("after-call.dynamodb.PutItem", lambda parsed, **_: parsed.pop("Item", None))

    assert handle(event) == []
    assert len(sent()) == 1


def test_the_record_of_an_email_names_the_buyer_for_erasures(pool: PoolUsers) -> None:
    """fault 65"""
    handle(functions.event("buyer_email", "shipped_order"))

    [record] = items("IdempotencyTable")
    assert record["id"]["S"].split("#")[:2] == ["buyer_email", BUYER]
    assert ADDRESS not in json.dumps(record)


def test_an_event_that_is_being_mailed_is_retried_later(pool: PoolUsers) -> None:
    event = functions.event("buyer_email", "shipped_order")
    meanwhile: list[str] = []

    def deliver_again(**_: Any) -> None:
        meanwhile.extend(handle(event))

    aws.sesv2().meta.events.register("before-call.sesv2.SendEmail", deliver_again)

    assert handle(event) == []
    assert meanwhile == message_ids(event)
    assert len(sent()) == 1


def test_a_deleted_user_gets_no_email(pool: PoolUsers, log: Log) -> None:
    """fault 65"""
    aws.cognito().admin_delete_user(UserPoolId=pool.pool, Username="ada")

    assert handle(functions.event("buyer_email", "shipped_order")) == []

    assert sent() == []
    assert [line["message"] for line in log.lines()] == ["buyer has no address"]


def test_a_user_who_is_being_erased_gets_no_email(pool: PoolUsers) -> None:
    """fault 65. The erasure disables the user first."""
    aws.cognito().admin_disable_user(UserPoolId=pool.pool, Username="ada")

    assert handle(functions.event("buyer_email", "shipped_order")) == []

    assert sent() == []


def test_an_address_that_is_not_confirmed_gets_no_email(pool: PoolUsers) -> None:
    confirm(pool, verified="false")

    assert handle(functions.event("buyer_email", "shipped_order")) == []

    assert sent() == []


def test_a_buyer_of_another_issuer_gets_no_email(pool: PoolUsers) -> None:
    assert handle(shipped(placedBy='auth0|" or email ^= "ada')) == []

    assert sent() == []


def test_a_user_whose_name_is_the_id_of_the_buyer_gets_no_email(pool: PoolUsers) -> None:
    aws.cognito().admin_delete_user(UserPoolId=pool.pool, Username="ada")
    pool.add(BUYER, "1f0e2d3c-4b5a-4968-8776-655443322110")
    confirm(pool, BUYER)

    assert handle(functions.event("buyer_email", "shipped_order")) == []

    assert sent() == []


@pytest.mark.parametrize("error", RETRIED)
def test_an_email_that_ses_cannot_send_now_is_sent_later(
    pool: PoolUsers, log: Log, error: str
) -> None:
    """fault 88"""
    event = functions.event("buyer_email", "shipped_order")
    with Stubber(aws.sesv2()) as ses:
        ses.add_client_error("send_email", error, f"not to {ADDRESS}")
        failed = handle(event)

    assert failed == message_ids(event)
    assert handle(event) == []
    assert len(sent()) == 1
    assert log.lines()[0]["error"] == error
    assert ADDRESS not in log.text.getvalue()


def test_an_address_that_ses_refuses_is_counted_and_not_tried_again(
    pool: PoolUsers, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 88"""
    with Stubber(aws.sesv2()) as ses:
        ses.add_client_error("send_email", "BadRequestException", f"Invalid address {ADDRESS}")
        failed = handle(functions.event("buyer_email", "shipped_order"))

    assert failed == []
    assert sent() == []
    assert metrics(capsys.readouterr().out) == {"EmailsRefused": 1}
    assert [line["message"] for line in log.lines()] == ["email refused"]
    assert ADDRESS not in log.text.getvalue()


@pytest.mark.parametrize("service", ["cognito", "dynamodb"])
def test_an_email_is_sent_later_if_another_service_fails(pool: PoolUsers, service: str) -> None:
    """fault 88"""
    event = functions.event("buyer_email", "shipped_order")
    operation = {"cognito": "list_users", "dynamodb": "put_item"}[service]
    with Stubber(getattr(aws, service)()) as stub:
        stub.add_client_error(operation, "TooManyRequestsException")
        assert handle(event) == message_ids(event)

    assert handle(event) == []
    assert len(sent()) == 1


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"type": "order.lost", "data": {}}'])
def test_a_record_without_an_event_is_retried(pool: PoolUsers, body: str) -> None:
    """fault 88"""
    event = functions.event("buyer_email", "shipped_order")
    event["Records"][0]["body"] = body

    assert handle(event) == message_ids(event)


def test_the_sample_events_are_of_their_schema() -> None:
    for case in ("placed_order", "shipped_order"):
        [record] = functions.event("buyer_email", case)["Records"]

        assert events.problems(json.loads(record["body"])) == []
