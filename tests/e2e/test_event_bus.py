"""The event bus, on the second local stack with IAM enforced: a rule receives every event."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local.api_user import ApiUser
from local.emulator_clients import Outputs, client
from local.stack_probe import wait_for
from project.contract import events
from tests.e2e.conftest import SecondStack

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("second stack"),
    pytest.mark.local_only("starts its own stack"),
]

WAY = ["accepted", "packed", "shipped"]


@pytest.fixture
def outputs(second_stack: SecondStack) -> Outputs:
    return second_stack(EventBus="true")


@pytest.fixture
def queue(outputs: Outputs) -> Iterator[str]:
    """A queue that receives what the bus has, except for new orders."""
    sqs, bus = client("sqs", outputs), client("events", outputs)
    url = sqs.create_queue(QueueName=f"bus-{uuid.uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    name = outputs["OrderEventBus"]
    pattern = {
        "source": ["storefront.orders"],
        "detail-type": [f"order.{state}" for state in WAY],
        "detail": {"data": {"order": {"quantity": [{"numeric": [">", 1]}]}}},
    }
    bus.put_rule(Name="changes", EventBusName=name, EventPattern=json.dumps(pattern))
    bus.put_targets(Rule="changes", EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])
    yield url
    bus.remove_targets(Rule="changes", EventBusName=name, Ids=["queue"])
    bus.delete_rule(Name="changes", EventBusName=name)
    sqs.delete_queue(QueueUrl=url)


def test_a_rule_receives_the_events_that_it_selects(outputs: Outputs, queue: str) -> None:
    buyer = ApiUser.sign_in(outputs, f"buyer-{uuid.uuid4()}")
    staff = ApiUser.sign_in(outputs, f"staff-{uuid.uuid4()}", group="staff")
    body = {"item": "latex gloves", "quantity": 2.5}
    order_id = buyer.request("POST", "/orders", body).body["orderID"]
    wait_for("the order", lambda: buyer.request("GET", f"/orders/{order_id}").status == 200)

    for version, state in enumerate(WAY, 1):
        change = {"state": state, "version": version}
        path = f"/shop/orders/{order_id}/state"
        assert staff.request("POST", path, change).status == 200

    received: list[Any] = []

    def has_received_all() -> bool:
        answer = client("sqs", outputs).receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        received.extend(json.loads(each["Body"]) for each in answer.get("Messages", []))
        return len(received) >= len(WAY)

    wait_for("the events", has_received_all)
    assert [each["detail-type"] for each in received] == [f"order.{state}" for state in WAY]
    assert [problem for each in received for problem in events.problems(each["detail"])] == []
    assert {each["detail"]["data"]["orderID"] for each in received} == {order_id}
