"""Orders while everything happens at once: a short form of the property test, on the local stack.

Buyers and members of staff change the same orders at the same time, with old versions, and repeat
their requests. Meanwhile, messages are redelivered and replayed, and SNS refuses what the publisher
sends, so that Lambda retries batches of the stream.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from common.order_states import FIRST_VERSION, Role, State, allowed
from common.orders import Order
from common.orders_table import Request
from local.api_user import ApiResponse, ApiUser
from local.emulator_clients import Outputs, client
from local.stack_probe import StackProbe, wait_for
from ops.dead_letters import command
from ops.stack import DeployedStack
from tests.e2e.conftest import Events
from tests.e2e.test_orders import message

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("changes a role, and sends messages to the queues"),
]

SEED = 19
ORDERS = 24  # in each of two rounds
CHANGES = 6  # of each order, or attempts
CLIENTS = 8
RETRIES = 1000
OUTCOMES = {200, 404, 409, 422}

KINDS = ["next", "next", "next", "stale", "illegal", "cancel", "withdraw", "together"]


@dataclass(frozen=True)
class Attempt:
    """What somebody tries with an order. `twice` sends the request twice, at the same time."""

    order_id: str
    kind: str
    person: ApiUser
    key: str
    twice: bool


@dataclass
class Shop:
    """The people, the stack, and which changes were confirmed."""

    outputs: Outputs
    buyer: ApiUser
    staff: list[ApiUser]
    chance: random.Random
    confirmed: list[tuple[str, Request]] = field(default_factory=list)
    answers: list[ApiResponse] = field(default_factory=list)

    def attempts(self, order_ids: list[str]) -> list[Attempt]:
        """Attempts with each of these orders, in an order that mixes them."""
        return [
            Attempt(
                order_id,
                kind := self.chance.choice(KINDS),
                self.buyer if kind == "withdraw" else self.chance.choice(self.staff),
                str(uuid.uuid4()),
                self.chance.random() < 0.3,
            )
            for _ in range(CHANGES)
            for order_id in self.chance.sample(order_ids, len(order_ids))
        ]

    def send(self, attempt: Attempt) -> None:
        """Read the order, try the change, and note the answers."""
        before = self.staff[0].request("GET", f"/shop/orders/{attempt.order_id}")
        shown: dict[str, Any] = (
            before.body if before.status == 200 else {"version": 1, "state": "placed"}
        )
        following = allowed(State(shown["state"]), Role.STAFF) or [State.RETURNED]
        state, version = following[0], shown["version"]
        match attempt.kind:
            case "stale":
                version = max(1, version - 1)
            case "illegal":
                state = State.RETURNED
            case "cancel" | "withdraw":
                state = State.CANCELLED
        role = Role.BUYER if attempt.kind == "withdraw" else Role.STAFF
        request = Request(state, role, attempt.person.sub, version, key=attempt.key)
        times = range(2 if attempt.twice else 1)
        with ThreadPoolExecutor(len(times)) as at_once:
            answers = list(at_once.map(lambda _: self._post(attempt, request), times))
        self.answers += answers
        if any(is_changed(answer) for answer in answers):
            self.confirmed.append((attempt.order_id, request))

    def _post(self, attempt: Attempt, request: Request) -> ApiResponse:
        body: dict[str, Any] = {"state": request.state, "version": request.version}
        path = f"/shop/orders/{attempt.order_id}/state"
        if attempt.kind == "withdraw":
            path, body = f"/orders/{attempt.order_id}/cancel", {}
        elif attempt.kind == "together":
            seen = {"orderID": attempt.order_id, "version": request.version}
            path, body = "/shop/changes", {"state": request.state, "orders": [seen]}
        return attempt.person.request("POST", path, body, {"Idempotency-Key": attempt.key})


@dataclass(frozen=True)
class Placing:
    """How an order is placed: by a dead letter only, with a dead letter, or repeatedly."""

    order_id: str
    number: int

    @property
    def has_dead_letter(self) -> bool:
        return self.number % 4 < 2

    def send(self, shop: Shop) -> None:
        """Send the order by the API, or a message as the API sends it, or both."""
        content = {"item": f"disorder {self.number}"}
        queues = {
            0: ["OrdersDeadLetterQueueUrl"],
            1: ["OrdersDeadLetterQueueUrl"],
            2: ["OrdersQueueUrl"] * 2,
            3: [],
        }[self.number % 4]
        for queue in queues:
            sent = message(self.order_id, json.dumps(content), shop.buyer.sub)
            client("sqs", shop.outputs).send_message(QueueUrl=shop.outputs[queue], **sent)
        for _ in range(self.number % 4):
            path = f"/orders/{self.order_id}"
            assert shop.buyer.request("PUT", path, content).status == 202


@pytest.fixture
def shop(outputs: Outputs, api_user: ApiUser, made_users: list[str]) -> Shop:
    """A buyer and two members of staff."""
    names = [f"staff-{uuid.uuid4()}" for _ in range(2)]
    made_users.extend(names)
    staff = [ApiUser.sign_in(outputs, name, group="staff") for name in names]
    return Shop(outputs, api_user, staff, random.Random(SEED))


def is_changed(answer: ApiResponse) -> bool:
    """Whether the order was changed, by this request or an equal one."""
    return answer.status == 200 and answer.body.get("changed") != []


@pytest.fixture
def has_failed(deployed: DeployedStack) -> Iterator[Callable[[], bool]]:
    """Return whether the publisher's last batch has failed. Its retries do not end meanwhile."""
    mappings = deployed.resources("AWS::Lambda::EventSourceMapping")
    mapping = mappings["OrdersPublisherFunctionStream"]
    lambda_client = deployed.client("lambda")

    def settings() -> Any:
        return lambda_client.get_event_source_mapping(UUID=mapping)

    before = settings()["MaximumRetryAttempts"]
    lambda_client.update_event_source_mapping(UUID=mapping, MaximumRetryAttempts=RETRIES)
    yield lambda: settings()["LastProcessingResult"].startswith("PROBLEM")
    lambda_client.update_event_source_mapping(UUID=mapping, MaximumRetryAttempts=before)


@contextmanager
def refused(deployed: DeployedStack, topic: str) -> Iterator[None]:
    """SNS refuses what the publisher sends to this topic."""
    iam, role = deployed.client("iam"), deployed.resources("AWS::IAM::Role")
    name = role["OrdersPublisherFunctionRole"]
    deny = {"Effect": "Deny", "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=name, PolicyName="disorder", PolicyDocument=policy)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="disorder")


def test_orders_stay_correct_while_everything_happens_at_once(
    shop: Shop,
    events: Events,
    probe: StackProbe,
    deployed: DeployedStack,
    operator: list[str],
    has_failed: Callable[[], bool],
) -> None:
    """faults 20, 21, 27, 80, 81, 82, 85"""
    print(f"seed {SEED}")  # which pytest shows if the test fails
    orders: list[Order] = []

    for topic in (shop.outputs["OrderEventsTopic"], shop.outputs["OrderNotificationsTopic"]):
        placings = [Placing(str(uuid.uuid4()), number) for number in range(ORDERS)]
        order_ids = [each.order_id for each in placings]
        replayed = [each.order_id for each in placings if each.has_dead_letter]
        wait_for("a publisher that works", lambda: not has_failed())
        with ThreadPoolExecutor(CLIENTS) as clients:
            with refused(deployed, topic):
                done = [clients.submit(each.send, shop) for each in placings]
                done += [clients.submit(shop.send, each) for each in shop.attempts(order_ids)]
                wait_for("a failed batch", has_failed)
            assert command.main(["replay", *replayed, *operator]) == 0
            for each in done:
                each.result()
        for order_id in order_ids:
            wait_for("the order", partial(probe.stored, order_id))
        wait_for("an empty queue", lambda: not probe.queued())
        orders += [Order.from_item(probe.stored(order_id) or {}) for order_id in order_ids]
    for order in orders:
        wait_for("every event", partial(has_every_event, events, order))

    assert {answer.status for answer in shop.answers} <= OUTCOMES
    assert len(shop.confirmed) > ORDERS
    assert_histories_are_legal(orders)
    assert_confirmed_changes_are_made_once(shop, orders)
    assert_each_version_has_one_event_in_order(events, orders)
    assert_buyer_and_shop_see_the_same(shop, orders)
    assert probe.dead_letters() == 0


def has_every_event(events: Events, order: Order) -> bool:
    published = {event["data"]["version"] for event in events.of(order.orderID)}
    return published == set(range(FIRST_VERSION, order.version + 1))


def assert_histories_are_legal(orders: list[Order]) -> None:
    for order in orders:
        path = [State.PLACED, *(change.state for change in order.history)]
        for (before, after), change in zip(pairwise(path), order.history, strict=True):
            assert after in allowed(before, change.by)
        assert (order.state, order.version) == (path[-1], len(path))


def assert_confirmed_changes_are_made_once(shop: Shop, orders: list[Order]) -> None:
    histories = {order.orderID: order.history for order in orders}
    for order_id, request in shop.confirmed:
        [change] = [each for each in histories[order_id] if each.key == request.identity]
        assert (change.state, change.byID) == (request.state, request.caller)
    made = sum(map(len, histories.values()))
    assert made == len(shop.confirmed), "each change that was made was confirmed to its client"


def assert_each_version_has_one_event_in_order(events: Events, orders: list[Order]) -> None:
    """A request to SNS that takes too long is sent again; then the same event is received twice."""
    copies = [Counter(event["eventID"] for event in events.of(each.orderID)) for each in orders]
    assert median(count for each in copies for count in each.values()) == 1
    for order in orders:
        states = [State.PLACED, *(change.state for change in order.history)]
        different = {event["eventID"]: event for event in events.of(order.orderID)}
        assert [event["type"] for event in different.values()] == [f"order.{s}" for s in states]
        assert all(event == different[event["eventID"]] for event in events.of(order.orderID))


def assert_buyer_and_shop_see_the_same(shop: Shop, orders: list[Order]) -> None:
    of_buyer, of_shop = (
        {order["orderID"]: order for order in listed(person, path)}
        for person, path in (
            (shop.buyer, "/orders"),
            (shop.staff[0], f"/shop/orders?from={min(order.placedAt for order in orders)[:10]}"),
        )
    )
    for order in orders:
        path = f"/orders/{order.orderID}"
        seen = [
            shop.buyer.request("GET", path).body,
            shop.staff[0].request("GET", f"/shop{path}").body,
            of_buyer[order.orderID],
            of_shop[order.orderID],
        ]
        assert {(each["state"], each["version"]) for each in seen} == {(order.state, order.version)}
        assert {json.dumps(each["order"]) for each in seen} == {json.dumps(order.order)}
        assert history(seen[0]) == history(seen[1])


def listed(person: ApiUser, path: str) -> Iterator[dict[str, Any]]:
    """All orders of a list."""
    following = ""
    while following is not None:
        separator = "&" if "?" in path else "?"
        page = person.request("GET", f"{path}{separator}limit=100{following}").body
        yield from page["orders"]
        following = page["next"] and f"&next={page['next']}"


def history(shown: dict[str, Any]) -> list[dict[str, str]]:
    """The history without who has changed the order, which only the shop sees."""
    return [{k: v for k, v in each.items() if k != "byID"} for each in shown["history"]]
