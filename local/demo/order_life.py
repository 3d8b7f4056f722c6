"""An order that the shop accepts and ships, and the buyer hears of; another one is cancelled."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp

from local.api_user import ApiUser
from local.demo.orders import ORDER
from local.demo.output import say
from local.stack_probe import PATIENCE, NotSeen, wait_for

WAY = ["accepted", "packed", "shipped"]


async def follow_a_life(buyer: ApiUser, staff: ApiUser) -> None:
    """Let the shop ship an order whose buyer listens, and the buyer cancel another one."""
    url = answered(buyer, "POST", "/live")["url"]
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        order_id = await asyncio.to_thread(placed, buyer)
        start = time.monotonic()
        for version, state in enumerate(WAY, 1):
            path, body = f"/shop/orders/{order_id}/state", {"state": state, "version": version}
            await asyncio.to_thread(answered, staff, "POST", path, body)
        say("shipped", f"order {order_id}: {', '.join(WAY)} by the shop", start)
        try:
            async with asyncio.timeout(PATIENCE):
                heard = await events(socket, order_id, {f"order.{state}" for state in WAY})
        except TimeoutError as error:
            raise NotSeen(f"heard: not all events within {PATIENCE} s") from error
        say("heard", ", ".join(heard), start)
    start = time.monotonic()
    order_id = await asyncio.to_thread(placed, buyer)
    order = answered(buyer, "POST", f"/orders/{order_id}/cancel")
    say("cancelled", f"order {order_id} by its buyer, version {order['version']}", start)


def placed(buyer: ApiUser) -> str:
    """Place an order, and return its ID when it is stored."""
    order_id: str = answered(buyer, "POST", "/orders", ORDER)["orderID"]
    path = f"/orders/{order_id}"
    wait_for("stored", lambda: buyer.request("GET", path).status == 200)
    return order_id


def answered(user: ApiUser, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Return the answer to a request. Raises NotSeen for an error."""
    answer = user.request(method, path, body)
    if answer.status >= 300:
        raise NotSeen(f"{method} {path}: the API answered {answer.status} {answer.body}")
    found: dict[str, Any] = answer.body
    return found


async def events(
    socket: aiohttp.ClientWebSocketResponse, order_id: str, types: set[str]
) -> list[str]:
    """Return the types of the order's events by version, when all of these have arrived.

    Live events arrive in any order, and more than once. A client orders them by their version.
    """
    heard: dict[int, str] = {}
    while not types <= set(heard.values()):
        event = json.loads(await socket.receive_str())
        if event["data"].get("orderID") == order_id:
            heard[event["data"]["version"]] = event["type"]
    return [heard[version] for version in sorted(heard)]
