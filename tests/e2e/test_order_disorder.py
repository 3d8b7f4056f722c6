"""Orders while everything happens at once: a short form of the property test, on the local stack.

Buyers and members of staff change the same orders at the same time, with old versions, and repeat
their requests. Meanwhile, messages are redelivered and replayed, and SNS refuses what the publisher
sends, so that Lambda retries batches of the stream.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
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
from tests.e2e.publisher_log import PublisherLog
from tests.e2e.test_orders import GLOVES, message, place

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("changes a role, and sends messages to the queues"),
    pytest.mark.timeout(600),
]

SEED = 19
ORDERS = 20  # in each of two rounds
CHANGES = 5  # of each order, or attempts
CLIENTS = 8
REPETITIONS = 5
RETRIES = 1000
OUTCOMES = {200, 404, 409, 422}

KINDS = ["next", "next", "next", "stale", "illegal", "cancel", "withdraw", "together"]


@dataclass(frozen=True)
class Attempt:
    """What somebody tries with an order, with an `Idempotency-Key` of its own.

    `times` is how often the request is sent, at the same time. `rival` is what somebody else, who
    has seen the same version, tries at the same time.
    """

    order_id: str
    kind: str
    person: ApiUser
    key: str
    times: int = 1
    rival: Attempt | None = None

    def request(self, state: State, version: int) -> Request:
        """The change, by a person who sees the order in this state and version."""
        match self.kind:
            case "cancel" | "withdraw":
                after = State.CANCELLED
            case "illegal":
                after = State.RETURNED
            case _:
                after = next(iter(allowed(state, Role.STAFF)), State.RETURNED)
        seen = max(FIRST_VERSION, version - 1) if self.kind == "stale" else version
        role = Role.BUYER if self.kind == "withdraw" else Role.STAFF
        return Request(after, role, self.person.sub, seen, key=self.key)

    def send(self, request: Request) -> ApiResponse:
        """Send the change. Like any client, repeat it with the same key if there is no answer."""
        path = f"/shop/orders/{self.order_id}/state"
        body: dict[str, Any] = {"state": request.state, "version": request.version}
        if self.kind == "withdraw":
            path, body = f"/orders/{self.order_id}/cancel", {}
        elif self.kind == "together":
            seen = {"orderID": self.order_id, "version": request.version}
            path, body = "/shop/changes", {"state": request.state, "orders": [seen]}
        for _ in range(REPETITIONS):
            answer = self.person.request("POST", path, body, {"Idempotency-Key": self.key})
            if answer.status < 500:
                break
        return answer


@dataclass
class Shop:
    """The people, the stack, and which changes were confirmed."""

    outputs: Outputs
    buyer: ApiUser
    staff: list[ApiUser]
    chance: random.Random
    confirmed: list[tuple[str, Request]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    contradictions: int = 0
    """How often equal requests for a stored order had different outcomes."""

    def attempts(self, order_ids: list[str]) -> list[Attempt]:
        """Attempts with each of these orders, in an order that mixes them."""
        return [
            self._attempt(order_id, with_rival=self.chance.random() < 0.3)
            for _ in range(CHANGES)
            for order_id in self.chance.sample(order_ids, len(order_ids))
        ]

    def try_(self, attempt: Attempt) -> None:
        """Read the order, try the change and that of the rival, and note the answers."""
        shown = self.staff[0].request("GET", f"/shop/orders/{attempt.order_id}")
        state, version = State.PLACED, FIRST_VERSION
        if shown.status == 200:
            state, version = State(shown.body["state"]), shown.body["version"]
        rivals = [each for each in (attempt, attempt.rival) if each]
        requests = {each: each.request(state, version) for each in rivals}
        senders = [each for each in rivals for _ in range(each.times)]
        with ThreadPoolExecutor(len(senders)) as at_once:
            answers = list(at_once.map(lambda each: each.send(requests[each]), senders))
        self.statuses.update(answer.status for answer in answers)
        outcomes = {
            (each, is_changed(answer)) for each, answer in zip(senders, answers, strict=True)
        }
        self.confirmed += [
            (attempt.order_id, requests[each]) for each, changed in outcomes if changed
        ]
        if shown.status == 200:
            self.contradictions += len(outcomes) - len(rivals)

    def _attempt(self, order_id: str, *, with_rival: bool) -> Attempt:
        kind = self.chance.choice(KINDS)
        person = self.buyer if kind == "withdraw" else self.chance.choice(self.staff)
        times = self.chance.choice([1, 1, 2])
        rival = self._attempt(order_id, with_rival=False) if with_rival else None
        return Attempt(order_id, kind, person, str(uuid.uuid4()), times, rival)


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
        now = time.time_ns() // 1_000_000
        for queue in queues:
            sent = message(self.order_id, json.dumps(content), shop.buyer.sub, now)
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
    publisher_log: PublisherLog,
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
        # Its last batch may have failed, for example in an earlier test.
        publisher_log.published([place(shop.buyer, GLOVES)])
        wait_for("a publisher that works", lambda: not has_failed())
        with ThreadPoolExecutor(CLIENTS) as clients:
            with refused(deployed, topic):
                placed = [clients.submit(each.send, shop) for each in placings]
                done = [clients.submit(shop.try_, each) for each in shop.attempts(order_ids)]
                wait_for("a failed batch", has_failed)
            for each in placed:
                each.result()  # then every dead letter is there to be replayed
            assert command.main(["replay", *replayed, *operator]) == 0
            for each in done:
                each.result()
        for order_id in order_ids:
            wait_for("the order", partial(probe.stored, order_id))
        # A message whose invocation is lost is received again after its visibility timeout.
        wait_for(
            "an empty queue", lambda: not probe.queued(), seconds=visibility_timeout(shop) + 30
        )
        orders += [Order.from_item(probe.stored(order_id) or {}) for order_id in order_ids]
    for order in orders:
        wait_for("every event", partial(has_every_event, events, order))

    assert shop.statuses.keys() <= OUTCOMES
    assert shop.contradictions == 0
    assert shop.statuses[409] > ORDERS
    assert len(shop.confirmed) > ORDERS
    assert_histories_are_legal(orders)
    assert_confirmed_changes_are_made_once(shop, orders)
    assert_each_version_has_one_event_in_order(events, orders)
    for order in orders:
        assert publisher_log.published([order.orderID], order.version) == [order.version]
    assert_buyer_and_shop_see_the_same(shop, orders)
    assert probe.dead_letters() == 0


def visibility_timeout(shop: Shop) -> int:
    attributes = client("sqs", shop.outputs).get_queue_attributes(
        QueueUrl=shop.outputs["OrdersQueueUrl"], AttributeNames=["VisibilityTimeout"]
    )
    return int(attributes["Attributes"]["VisibilityTimeout"])


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
    for order in orders:
        states = [State.PLACED, *(change.state for change in order.history)]
        assert [event["type"] for event in events.of(order.orderID)] == [
            f"order.{state}" for state in states
        ]


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
