"""The life of an order on the local stack with IAM enforced: the shop, the buyer and the events."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from local.api_user import ApiUser
from local.emulator_clients import Outputs
from local.stack_probe import StackProbe, wait_for
from ops.user import UserPool
from tests.e2e.conftest import Events
from tests.e2e.publisher_log import PublisherLog
from tests.e2e.test_users import PASSWORD

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture
def staff(outputs: Outputs, made_users: list[str]) -> ApiUser:
    """A member of `staff`."""
    name = f"staff-{uuid.uuid4()}"
    made_users.append(name)
    return ApiUser.sign_in(outputs, name, group="staff")


def placed(buyer: ApiUser) -> str:
    order_id: str = buyer.request("POST", "/orders", {"item": "latex gloves"}).body["orderID"]
    wait_for("the order", lambda: buyer.request("GET", f"/orders/{order_id}").status == 200)
    return order_id


def changed(staff: ApiUser, order_id: str, state: str, version: int) -> dict[str, Any]:
    path, key = f"/shop/orders/{order_id}/state", {"Idempotency-Key": str(uuid.uuid4())}
    body = {"state": state, "version": version}
    first, second = (staff.request("POST", path, body, key) for _ in range(2))
    assert first.status == 200, first
    assert second == first
    order: dict[str, Any] = first.body
    return order


def test_an_order_goes_its_way_and_each_change_is_published_once(
    api_user: ApiUser, staff: ApiUser, events: Events, publisher_log: PublisherLog
) -> None:
    """faults 81, 82"""
    order_id = placed(api_user)
    states = ["accepted", "packed", "shipped", "delivered"]

    for version, state in enumerate(states, 1):
        shown = changed(staff, order_id, state, version)

    assert shown["version"] == 5
    stale = staff.request(
        "POST", f"/shop/orders/{order_id}/state", {"state": "returned", "version": 4}
    )
    assert (stale.status, stale.body["details"]) == (409, ["state: delivered", "version: 5"])
    read = api_user.request("GET", f"/orders/{order_id}").body
    assert [each["state"] for each in read["history"]] == ["placed", *states]
    wait_for("the events", lambda: len(events.of(order_id)) >= 5)
    assert publisher_log.published([order_id], versions=5) == [5]
    assert [each["type"] for each in events.of(order_id)] == [
        f"order.{state}" for state in ("placed", *states)
    ]


def test_the_shop_finds_open_orders_until_they_are_closed(
    api_user: ApiUser, other: ApiUser, staff: ApiUser
) -> None:
    first, second = placed(api_user), placed(other)

    def listed(state: str) -> set[str]:
        orders = staff.request("GET", f"/shop/orders?state={state}&limit=100").body["orders"]
        return {order["orderID"] for order in orders}

    wait_for("both orders", lambda: {first, second} <= listed("open"))
    assert api_user.request("POST", f"/orders/{first}/cancel").status == 200
    assert other.request("POST", f"/orders/{first}/cancel").status == 404
    wait_for("the cancelled one", lambda: first in listed("cancelled"))
    assert first not in listed("open")
    summary = staff.request("GET", "/shop/summary")
    assert summary.status == 200
    assert summary.body["states"]["cancelled"] >= 1
    assert summary.body["oldestOpen"] is not None


@pytest.mark.local_only("reads the notifications page")
def test_a_buyer_is_mailed_each_change_of_an_order_once(
    outputs: Outputs, pool: UserPool, probe: StackProbe, staff: ApiUser, made_users: list[str]
) -> None:
    name = f"buyer-{uuid.uuid4()}"
    made_users.append(name)
    pool.create(name, PASSWORD, email=f"{name}@home.example")
    buyer = ApiUser.sign_in(outputs, name)
    order_id = placed(buyer)

    changed(staff, order_id, "accepted", 1)
    changed(staff, order_id, "cancelled", 2)

    def subjects() -> list[str]:
        return sorted(probe.emails_to(f"{name}@home.example", order_id))

    wait_for("three emails", lambda: len(subjects()) >= 3)
    assert subjects() == [
        "We have received your order",
        "Your order is accepted",
        "Your order is cancelled",
    ]
    assert len(probe.notifications(order_id)) == 1


def test_a_buyer_has_no_shop(api_user: ApiUser) -> None:
    """fault 42"""
    order_id = placed(api_user)

    for method, path in (
        ("GET", "/shop/orders"),
        ("GET", "/shop/summary"),
        ("GET", f"/shop/orders/{order_id}"),
        ("POST", f"/shop/orders/{order_id}/state"),
    ):
        assert api_user.request(method, path, {} if method == "POST" else None).status == 404
