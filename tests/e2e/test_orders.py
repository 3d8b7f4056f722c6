"""Orders from the API to the notification, on the local stack with IAM enforced."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.api_user import ApiResponse, ApiUser, request
from local.emulator_clients import Outputs, client
from local.stack_probe import StackProbe, wait_for
from ops.dead_letters import command
from tests.e2e.conftest import Events, Mail
from tests.e2e.publisher_log import PublisherLog

pytestmark = pytest.mark.xdist_group("stack")

GLOVES = {"item": "latex gloves", "customerID": "12345"}
NEW_YEAR = 1_767_225_600_000  # of 2026


def place(api_user: ApiUser, order: object) -> str:
    response = api_user.request("POST", "/orders", order)
    assert response.status == 202, response
    order_id: str = response.body["orderID"]
    return order_id


def shown(api_user: ApiUser, order_id: str) -> ApiResponse:
    return api_user.request("GET", f"/orders/{order_id}")


def orders_in(mail: Mail, item: str) -> int:
    """Return the number of orders in the different emails that contain this item."""
    texts = set(mail.containing(item))
    return sum(1 if text.startswith("New order") else int(text.split()[0]) for text in texts)


def message(
    order_id: str, body: str, placed_by: str = "somebody", placed_at: int = NEW_YEAR
) -> dict[str, Any]:
    """Return an order as the API queues it. `placed_at` is in ms since 1970."""
    return {
        "MessageBody": body,
        "MessageAttributes": {
            "orderID": {"DataType": "String", "StringValue": order_id},
            "placedBy": {"DataType": "String", "StringValue": placed_by},
            "placedAt": {"DataType": "Number", "StringValue": str(placed_at)},
        },
    }


def test_an_order_is_stored_published_notified_and_read(
    probe: StackProbe, api_user: ApiUser, events: Events, mail: Mail
) -> None:
    order_id = place(api_user, GLOVES)

    item = wait_for("the item", lambda: probe.stored(order_id))
    [event] = wait_for("the event", lambda: events.of(order_id))
    [text] = wait_for("the notification", lambda: mail.containing(order_id))
    read = api_user.request("GET", f"/orders/{order_id}")

    assert item["placedBy"] == {"S": api_user.sub}
    assert event["type"] == "order.placed"
    assert event["data"] | {"allowed": ["cancelled"]} == read.body
    assert "latex gloves" in text
    assert read == ApiResponse(
        200,
        {
            "orderID": order_id,
            "order": GLOVES,
            "placedBy": api_user.sub,
            "placedAt": item["placedAt"]["S"],
            "state": "placed",
            "version": 1,
            "allowed": ["cancelled"],
            "history": [{"state": "placed", "at": item["placedAt"]["S"], "by": "buyer"}],
        },
    )


@pytest.mark.parametrize(
    "item",
    ["a&b=c+d %41 é 🧤 &MessageAttribute.1.Name=role", "&MessageAttribute.3.Value.StringValue=you"],
)
def test_an_item_is_stored_unchanged(probe: StackProbe, api_user: ApiUser, item: str) -> None:
    """fault 1, fault 3"""
    order_id = place(api_user, {"item": item})

    stored = wait_for("the item", lambda: probe.stored(order_id))

    assert stored["order"] == {"M": {"item": {"S": item}}}
    assert stored["placedBy"] == {"S": api_user.sub}
    about = {"orderID", "order", "placedBy", "placedAt", "fingerprint"}
    assert stored.keys() - {"trace"} == about | {"state", "version", "desk"}


@pytest.mark.parametrize("character", ["\ufffe", "\uffff"])
def test_an_order_with_a_character_that_sqs_rejects_is_400(
    probe: StackProbe, api_user: ApiUser, character: str
) -> None:
    """fault 52"""
    wait_for("an empty queue", lambda: not probe.queued())  # of the orders of other tests
    order_id = str(uuid.uuid4())
    order = f'{{"item": "gloves", "note": "{character}"}}'.encode()

    response = api_user.request("PUT", f"/orders/{order_id}", order)

    assert response.status == 400
    assert response.body["message"] == "the order contains a character that is not allowed"
    assert probe.queued() is None
    assert probe.stored(order_id) is None


def test_an_id_that_is_not_a_uuid_is_refused(probe: StackProbe, api_user: ApiUser) -> None:
    """fault 7"""
    wait_for("an empty queue", lambda: not probe.queued())

    response = api_user.request("PUT", "/orders/nope", GLOVES)

    assert response.status == 400
    assert response.body["message"] == "orderID is not a UUID"
    assert probe.queued() is None


def test_a_path_with_a_trailing_slash_is_accepted(probe: StackProbe, api_user: ApiUser) -> None:
    order_id = str(uuid.uuid4())

    response = api_user.request("PUT", f"/orders/{order_id}/", GLOVES)

    assert response == ApiResponse(202, {"orderID": order_id})
    wait_for("the item", lambda: probe.stored(order_id))
    assert api_user.request("GET", f"/orders/{order_id}/").body["order"] == GLOVES


def test_an_order_sent_three_times_is_stored_and_published_once(
    probe: StackProbe,
    api_user: ApiUser,
    events: Events,
    mail: Mail,
    publisher_log: PublisherLog,
) -> None:
    order_id = str(uuid.uuid4())

    responses = [api_user.request("PUT", f"/orders/{order_id}", GLOVES) for _ in range(3)]
    wait_for("the notification", lambda: mail.containing(order_id))
    # Events keep the order of the stream: this one would arrive after any duplicate.
    last = place(api_user, GLOVES)
    wait_for("the last event", lambda: events.of(last))

    assert responses == [ApiResponse(202, {"orderID": order_id})] * 3
    assert publisher_log.published([order_id, last]) == [1, 1]
    assert publisher_log.mailed([order_id, last]) == [1, 1]
    assert len(events.of(order_id)) == 1
    assert len(set(mail.containing(order_id))) == 1
    assert probe.dead_letter_reason(order_id) is None
    assert len(api_user.request("GET", "/orders").body["orders"]) == 2


def test_another_order_with_the_same_id_is_refused(probe: StackProbe, api_user: ApiUser) -> None:
    """faults 17, 62"""
    order_id = str(uuid.uuid4())
    api_user.request("PUT", f"/orders/{order_id}", GLOVES)
    wait_for("the item", lambda: probe.stored(order_id))

    api_user.request("PUT", f"/orders/{order_id}", {**GLOVES, "item": "cotton gloves"})
    refused = wait_for("the refusal", lambda: shown(api_user, order_id).body.get("refused"))

    assert refused["reason"] == "another order has this orderID"
    assert shown(api_user, order_id).body["order"] == GLOVES
    assert probe.dead_letters() == 0


def test_an_order_with_the_id_of_another_users_order_is_refused(
    probe: StackProbe, api_user: ApiUser, other: ApiUser
) -> None:
    """faults 9, 62"""
    order_id = place(api_user, GLOVES)
    wait_for("the item", lambda: probe.stored(order_id))

    before = shown(api_user, order_id)

    for _ in range(3):
        other.request("PUT", f"/orders/{order_id}", GLOVES)
    wait_for("the refusal", lambda: shown(other, order_id).status == 409)
    wait_for("an empty queue", lambda: not probe.queued())

    reason = "another order has this orderID"
    refused = {"message": "the order was refused", "details": [reason]}
    assert shown(other, order_id) == ApiResponse(409, refused)
    assert shown(api_user, order_id) == before
    assert probe.dead_letters() == 0


@pytest.mark.parametrize("quantity", ["1" * 39, "1e126", '1, "quantity": 2'])
def test_an_order_that_cannot_be_stored_is_refused_at_once(
    api_user: ApiUser, quantity: str
) -> None:
    """faults 14, 62"""
    body = f'{{"item": "gloves", "quantity": {quantity}}}'.encode()

    refused = api_user.request("POST", "/orders", body)

    assert refused.status == 400
    assert refused.body["message"] == "Invalid request body"


def test_invalid_messages_do_not_affect_valid_ones(probe: StackProbe, outputs: Outputs) -> None:
    """fault 18"""
    bodies = [json.dumps(GLOVES), "{no json", '{"item": 7}', '{"item": "x", "quantity": NaN}']
    batch = [(str(uuid.uuid4()), body) for body in (bodies * 3)[:10]]
    entries = [{"Id": order_id} | message(order_id, body) for order_id, body in batch]
    valid = [order_id for order_id, body in batch if body == bodies[0]]
    invalid = [order_id for order_id, body in batch if body != bodies[0]]

    sqs = client("sqs", outputs)
    sqs.send_message_batch(QueueUrl=outputs["OrdersQueueUrl"], Entries=entries)

    assert all(wait_for("a valid order", partial(probe.stored, i)) for i in valid)
    assert all(wait_for("a dead letter", partial(probe.dead_letter_reason, i)) for i in invalid)
    assert not any(probe.stored(order_id) for order_id in invalid)


def test_a_replayed_dead_letter_is_stored_unchanged(
    probe: StackProbe, outputs: Outputs, operator: list[str], api_user: ApiUser
) -> None:
    """fault 21"""
    order_id = str(uuid.uuid4())
    sent = message(order_id, json.dumps(GLOVES), placed_by=api_user.sub)
    client("sqs", outputs).send_message(QueueUrl=outputs["OrdersDeadLetterQueueUrl"], **sent)

    replayed = command.main(["replay", order_id, *operator])
    wait_for("the item", lambda: probe.stored(order_id))

    assert replayed == 0
    assert api_user.request("GET", f"/orders/{order_id}").body == {
        "orderID": order_id,
        "order": GLOVES,
        "placedBy": api_user.sub,
        "placedAt": "2026-01-01T00:00:00.000Z",
        "state": "placed",
        "version": 1,
        "allowed": ["cancelled"],
        "history": [{"state": "placed", "at": "2026-01-01T00:00:00.000Z", "by": "buyer"}],
    }


@pytest.mark.parametrize("number", ["1.5", repr(0.1 + 0.2), str(10**30)])
def test_a_number_is_stored_exactly(probe: StackProbe, api_user: ApiUser, number: str) -> None:
    """fault 13"""
    order_id = place(api_user, f'{{"item": "gloves", "quantity": {number}}}'.encode())

    stored = wait_for("the item", lambda: probe.stored(order_id))

    assert Decimal(stored["order"]["M"]["quantity"]["N"]) == Decimal(number)


def test_a_missing_and_a_wrong_token_are_refused(probe: StackProbe, api_user: ApiUser) -> None:
    """fault 11"""
    url = f"{api_user.api}/orders"
    refused_ids = [str(uuid.uuid4()) for _ in range(2)]
    callers: list[dict[str, str]] = [{}, {"Authorization": api_user.access_token}]

    read = [request("GET", url, None, caller) for caller in callers]
    placed = [
        request("PUT", f"{url}/{order_id}", GLOVES, caller)
        for order_id, caller in zip(refused_ids, callers, strict=True)
    ]
    later = place(api_user, GLOVES)

    assert [response.status for response in read + placed] == [401] * 4
    wait_for("the later order", lambda: probe.stored(later))
    assert not any(probe.stored(order_id) for order_id in refused_ids)
    [only] = api_user.request("GET", "/orders").body["orders"]
    assert only["orderID"] == later


def test_another_users_order_is_404(probe: StackProbe, api_user: ApiUser, other: ApiUser) -> None:
    """fault 42"""
    order_id = place(api_user, GLOVES)
    wait_for("the item", lambda: probe.stored(order_id))

    assert other.request("GET", f"/orders/{order_id}").status == 404
    assert api_user.request("GET", f"/orders/{order_id}").status == 200


def test_users_page_through_their_own_orders(
    probe: StackProbe, api_user: ApiUser, other: ApiUser
) -> None:
    own = [place(api_user, {"item": f"gloves {number}"}) for number in range(5)]
    others = place(other, GLOVES)
    for order_id in [*own, others]:
        wait_for("the item", partial(probe.stored, order_id))

    pages = [api_user.request("GET", "/orders?limit=2").body]
    while following := pages[-1]["next"]:
        pages.append(api_user.request("GET", f"/orders?limit=2&next={following}").body)

    assert [len(page["orders"]) for page in pages] == [2, 2, 1]
    assert [order["orderID"] for page in pages for order in page["orders"]] == own[::-1]
    [only] = other.request("GET", "/orders").body["orders"]
    assert only["orderID"] == others


@pytest.mark.ci
def test_hundreds_of_concurrent_orders_are_stored_and_published_once(
    probe: StackProbe,
    api_user: ApiUser,
    events: Events,
    mail: Mail,
    publisher_log: PublisherLog,
    record_property: Callable[[str, object], None],
) -> None:
    """fault 28"""
    orders = [{"item": f"one of hundreds, n. {number}"} for number in range(400)]

    start = time.monotonic()
    with ThreadPoolExecutor(16) as clients:
        ids = list(clients.map(lambda order: place(api_user, order), orders))
    for order_id in ids:
        wait_for("an event", partial(events.of, order_id))
    wait_for("all emails", lambda: orders_in(mail, "one of hundreds") >= len(orders))
    seconds = time.monotonic() - start

    for order_id, order in zip(ids, orders, strict=True):
        stored = probe.stored(order_id)
        [event] = events.of(order_id)
        assert event["data"]["order"] == order
        assert stored is not None, f"{order_id} is not stored"
        assert stored["order"]["M"]["item"]["S"] == order["item"]
    assert len(set(ids)) == len(orders)
    assert set(publisher_log.published(ids)) == {1}
    assert set(publisher_log.mailed(ids)) == {1}
    emails = len(mail.containing("one of hundreds"))
    record_property("emails", emails)
    assert emails / seconds < 10, "SNS suspends an email subscription above ten per second"


@pytest.mark.local_only("assumes a function's role, which only Lambda may do on AWS")
@pytest.mark.parametrize(
    ("function", "action", "parameters"),
    [
        ("OrdersWriterFunction", "delete_item", {"Key": {"orderID": {"S": "x"}}}),
        ("OrdersWriterFunction", "scan", {}),
        ("OrdersFunction", "put_item", {"Item": {"orderID": {"S": "x"}}}),
        ("OrdersPublisherFunction", "get_item", {"Key": {"orderID": {"S": "x"}}}),
    ],
)
def test_a_function_has_no_other_permissions_than_its_role(
    outputs: Outputs, function: str, action: str, parameters: dict[str, Any]
) -> None:
    name = client("cloudformation", outputs).describe_stack_resource(
        StackName=outputs["Stack"], LogicalResourceId=function
    )["StackResourceDetail"]["PhysicalResourceId"]
    role = client("lambda", outputs).get_function_configuration(FunctionName=name)["Role"]
    credentials = client("sts", outputs).assume_role(RoleArn=role, RoleSessionName="test")[
        "Credentials"
    ]
    as_function = client(
        "dynamodb",
        outputs,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )

    with pytest.raises(ClientError) as refused:
        getattr(as_function, action)(TableName=outputs["OrdersTable"], **parameters)

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
