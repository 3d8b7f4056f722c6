"""Live events on the local stack, with real WebSocket clients and IAM enforced."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from common.connections import LEASE_SECONDS, Connections
from common.quotas import CONNECTIONS
from common.sessions import Session
from local.api_user import ApiUser
from local.emulator_clients import Outputs, client
from local.stack_probe import wait_for
from ops.user import UserPool
from tests.conftest import SignIn
from tests.harness import pictures
from tests.harness.deployed import WINDOW_SECONDS
from tests.harness.quotas import refused, used_up

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.asyncio]

NEW_PASSWORD = "Another-Horse-8-Battery"

PROMPT = 2.0 + WINDOW_SECONDS
"""Seconds within which an event arrives when all functions are warm and the machine has time."""

PATIENCE = 30.0 + WINDOW_SECONDS
"""Seconds after which a test no longer expects an event."""

TRIES = 5
"""How often a time is measured. The first starts functions, and the machine may be busy later."""


@dataclass
class Device:
    """A connection of a user, and the events that it has received."""

    socket: aiohttp.ClientWebSocketResponse
    received: list[dict[str, Any]] = field(default_factory=list)

    async def receive(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """Return the next event. Raises TimeoutError."""
        try:
            event: dict[str, Any] = json.loads(await self.socket.receive_str(timeout=seconds))
        except TimeoutError as error:
            raise TimeoutError(f"no event within {seconds} s after {self.received}") from error
        self.received.append(event)
        return event


@dataclass
class User:
    """A signed-in user with connected devices."""

    name: str
    api_user: ApiUser
    devices: list[Device]

    async def receive(self, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """Return the next event of every device."""
        return list(await asyncio.gather(*(device.receive(seconds) for device in self.devices)))


async def ask(api_user: ApiUser, method: str, path: str, body: object = None) -> Any:
    response = await asyncio.to_thread(api_user.request, method, path, body)
    assert response.status < 300, response
    return response.body


async def address(api_user: ApiUser) -> str:
    url: str = (await ask(api_user, "POST", "/live"))["url"]
    return url


async def invited(api_user: ApiUser, path: str) -> Any:
    """Create a PENDING image. Returns it, with the form for its upload."""
    return await ask(api_user, "POST", path, {"contentType": pictures.JPEG})


async def upload(place: Any, picture: bytes) -> None:
    form = aiohttp.FormData(place["fields"])
    form.add_field("file", picture, filename="picture")
    async with aiohttp.ClientSession() as http, http.post(place["url"], data=form) as response:
        assert response.status == 204, await response.text()


@asynccontextmanager
async def listening(sign_in: SignIn, name: str, devices: int) -> AsyncIterator[User]:
    """A new user with this number of connections."""
    name = f"{name}-{uuid.uuid4()}"
    api_user = await asyncio.to_thread(sign_in, name)
    async with aiohttp.ClientSession() as http:
        sockets = [await http.ws_connect(await address(api_user)) for _ in range(devices)]
        yield User(name, api_user, [Device(socket) for socket in sockets])


async def quiet(device: Device) -> bool:
    """Return whether no event is pending: a ping gets its pong, and nothing else arrives."""
    await device.socket.send_str('{"type": "ping"}')
    if await device.receive() != {"type": "pong"}:
        return False
    try:
        await device.receive(0.5)
    except TimeoutError:
        return True
    return False


async def test_only_its_client_is_told_that_an_order_is_refused(sign_in: SignIn) -> None:
    """fault 62"""
    async with listening(sign_in, "ada", 1) as ada, listening(sign_in, "ben", 2) as ben:
        order_id = str(uuid.uuid4())
        await ask(ada.api_user, "PUT", f"/orders/{order_id}", {"item": "lamp"})
        await ada.receive()

        await ask(ben.api_user, "PUT", f"/orders/{order_id}", {"item": "lamp"})
        told = await ben.receive()

        refused = told[0]["data"]
        assert told == [{"type": "order.refused", "data": refused}] * 2
        assert refused["orderID"] == order_id
        assert refused["placedBy"] == ben.api_user.sub
        assert refused["reason"] == "another order has this orderID"
        assert await quiet(ada.devices[0])


async def test_orders_and_messages_reach_all_devices_of_the_right_users_only(
    sign_in: SignIn,
) -> None:
    async with (
        listening(sign_in, "ada", 3) as ada,
        listening(sign_in, "ben", 2) as ben,
        listening(sign_in, "cleo", 1) as cleo,
    ):
        placed = await ask(ada.api_user, "POST", "/orders", {"item": "lamp", "quantity": 2})
        orders = await ada.receive()
        sent = await ask(ada.api_user, "POST", "/messages", {"to": ben.name, "text": "a lamp! 💡"})
        messages = await ben.receive()
        order = await ask(ada.api_user, "GET", f"/orders/{placed['orderID']}")
        del order["allowed"]  # not in events

        assert orders == [{"type": "order.placed", "data": order}] * 3
        assert messages == [{"type": "message.received", "data": sent}] * 2
        for device in (*ada.devices, *ben.devices, *cleo.devices):
            assert await quiet(device)


async def test_orders_and_messages_arrive_promptly(
    sign_in: SignIn, record_property: Callable[[str, object], None]
) -> None:
    async with listening(sign_in, "ada", 1) as ada, listening(sign_in, "ben", 1) as ben:
        message = ("/messages", {"to": ada.name, "text": "hello"})
        for sender, request in ((ada, ("/orders", {"item": "lamp"})), (ben, message)):
            seconds = [await until_received(ada, sender, *request) for _ in range(TRIES)]
            record_property(request[0], seconds)
            assert min(seconds) < PROMPT, seconds


async def until_received(user: User, sender: User, path: str, body: object) -> float:
    """Return the seconds from a request until the user has received its event."""
    start = time.monotonic()
    await ask(sender.api_user, "POST", path, body)
    await user.receive()
    return time.monotonic() - start


@pytest.mark.parametrize(
    ("picture", "event_type"),
    [(pictures.picture(pictures.JPEG), "image.ready"), (b"<svg/>", "image.failed")],
)
async def test_the_outcome_of_an_upload_is_sent_to_its_owner(
    sign_in: SignIn, picture: bytes, event_type: str
) -> None:
    async with listening(sign_in, "ada", 2) as ada, listening(sign_in, "ben", 1) as ben:
        image = await invited(ada.api_user, "/images")
        await upload(image["upload"], picture)
        events = await ada.receive()
        shown = await ask(ada.api_user, "GET", f"/images/{image['imageID']}")

        assert [event["type"] for event in events] == [event_type] * 2
        for event in events:
            assert event["data"].items() <= shown.items()
        for device in (*ada.devices, *ben.devices):
            assert await quiet(device)


async def test_other_users_see_a_groups_picture_until_the_groups_owner_deletes_it(
    sign_in: SignIn,
) -> None:
    """fault 42"""
    async with listening(sign_in, "ada", 1) as ada, listening(sign_in, "ben", 1) as ben:
        group = (await ask(ben.api_user, "POST", "/groups", {"name": "Lamps"}))["groupID"]
        image = await invited(ada.api_user, f"/groups/{group}/images")
        await upload(image["upload"], pictures.picture(pictures.JPEG))
        [event] = await ada.receive()

        [listed] = (await ask(ben.api_user, "GET", f"/groups/{group}/images"))["images"]
        shown = await ask(ben.api_user, "GET", f"/images/{image['imageID']}")
        await ask(ben.api_user, "DELETE", f"/images/{image['imageID']}")
        left = await ask(ada.api_user, "GET", f"/groups/{group}/images")

        assert event["data"]["groupID"] == group
        assert listed["imageID"] == shown["imageID"] == image["imageID"]
        assert "metadata" not in shown
        assert left["images"] == []


async def test_an_address_is_valid_for_one_connection(api_user: ApiUser) -> None:
    """fault 47"""
    url = await address(api_user)

    async with aiohttp.ClientSession() as http, http.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(url)

    assert refused.value.status == 401


@pytest.mark.parametrize("ticket", ["", "?ticket=", "?ticket=x"])
async def test_a_connection_without_a_valid_ticket_is_refused(
    api_user: ApiUser, ticket: str
) -> None:
    """fault 47"""
    url, _, _ = (await address(api_user)).partition("?")

    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(url + ticket)

    assert refused.value.status == 401


@pytest.mark.parametrize("kind", ["id_token", "access_token"])
async def test_a_token_is_not_a_ticket(api_user: ApiUser, kind: str) -> None:
    token = getattr(api_user, kind)
    url, _, _ = (await address(api_user)).partition("?")

    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"{url}?ticket={token}", headers={"Authorization": token})


async def is_closed(device: Device) -> bool:
    """Return whether the server closes the connection now."""
    message = await device.socket.receive(timeout=PATIENCE)
    return message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


def sign_out(api_user: ApiUser) -> None:
    """Sign the user out everywhere. Like all account routes, this one takes the access token."""
    token = {"Authorization": api_user.access_token}
    response = api_user.request("POST", "/users/logout", headers=token)
    assert response.status == 200, response


def end_sessions(event: str, user: User, pool: UserPool) -> None:
    """Do one of the things that end all sessions of a user."""
    match event:
        case "sign-out":
            sign_out(user.api_user)
        case "new password":
            pool.create(user.name, NEW_PASSWORD)
        case "disabling":
            pool.disable(user.name)
        case "deletion":
            pool.delete(user.name)


@pytest.mark.parametrize("event", ["sign-out", "new password", "disabling", "deletion"])
async def test_the_live_connections_of_an_ended_session_close_and_those_of_others_do_not(
    sign_in: SignIn, pool: UserPool, event: str
) -> None:
    """fault 57"""
    async with listening(sign_in, "ada", 2) as ada, listening(sign_in, "ben", 1) as ben:
        unused = await address(ada.api_user)

        await asyncio.to_thread(end_sessions, event, ada, pool)

        assert all([await is_closed(device) for device in ada.devices])
        refused = await asyncio.to_thread(ada.api_user.request, "POST", "/live")
        assert (refused.status, refused.body["message"]) == (401, "sign in again")
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await http.ws_connect(unused)
        assert await quiet(ben.devices[0])
        assert await address(ben.api_user)


async def test_a_session_after_the_end_of_all_others_has_live_events(
    sign_in: SignIn, outputs: Outputs, pool: UserPool
) -> None:
    """fault 57"""
    async with listening(sign_in, "ada", 1) as ada:
        await asyncio.to_thread(sign_out, ada.api_user)
        again = await asyncio.to_thread(ApiUser.sign_in, outputs, ada.name)

        async with aiohttp.ClientSession() as http, http.ws_connect(await address(again)) as socket:
            assert await quiet(Device(socket))


@pytest.mark.local_only("changes the row of a connection")
@pytest.mark.parametrize("operation", ["admin_disable_user", "admin_delete_user"])
async def test_the_next_ping_closes_the_connection_of_a_user_disabled_or_deleted_at_cognito(
    sign_in: SignIn, outputs: Outputs, operation: str
) -> None:
    """fault 57"""
    async with listening(sign_in, "ada", 1) as ada, listening(sign_in, "ben", 1) as ben:
        cognito = client("cognito-idp", outputs)
        getattr(cognito, operation)(UserPoolId=outputs["UserPoolId"], Username=ada.name)
        for user in (ada, ben):
            make_check_due(outputs, user.api_user.sub)

        for user in (ada, ben):
            await user.devices[0].socket.send_str("ping")

        assert await is_closed(ada.devices[0])
        assert await ben.devices[0].receive() == {"type": "pong"}
        refused = await asyncio.to_thread(ada.api_user.request, "POST", "/live")
        assert refused.status == 401


def make_check_due(outputs: Outputs, user_id: str) -> None:
    """Let five minutes pass for the only connection of a user."""
    table = client("dynamodb", outputs)
    [row] = table.query(
        TableName=outputs["ConnectionsTable"],
        KeyConditionExpression="userID = :user",
        ExpressionAttributeValues={":user": {"S": user_id}},
    )["Items"]
    row["expiration"] = {"N": str(int(row["expiration"]["N"]) - 300)}
    table.put_item(TableName=outputs["ConnectionsTable"], Item=row)


async def test_a_closed_connection_is_removed_from_the_table(
    outputs: Outputs, sign_in: SignIn
) -> None:
    def rows(user_id: str) -> list[Any]:
        found: list[Any] = client("dynamodb", outputs).query(
            TableName=outputs["ConnectionsTable"],
            KeyConditionExpression="userID = :user",
            ExpressionAttributeValues={":user": {"S": user_id}},
        )["Items"]
        return found

    async with listening(sign_in, "ada", 2) as ada:
        before = len(rows(ada.api_user.sub))
        await ada.devices[0].socket.close()
        await asyncio.to_thread(
            wait_for, "one row fewer", lambda: len(rows(ada.api_user.sub)) == before - 1
        )

    assert before == 2


@pytest.mark.local_only("creates a row for a connection that API Gateway does not know")
async def test_a_stale_connection_does_not_prevent_delivery_to_others(
    outputs: Outputs, sign_in: SignIn
) -> None:
    """fault 47"""
    async with listening(sign_in, "ada", 1) as ada:
        table = client("dynamodb", outputs)
        stale = {
            "userID": {"S": ada.api_user.sub},
            "connectionID": {"S": "stale="},
            "connectedAt": {"N": str(int(time.time()) - 600)},
            "expiration": {"N": str(int(time.time()) + 600)},
        }
        table.put_item(TableName=outputs["ConnectionsTable"], Item=stale)

        await ask(ada.api_user, "POST", "/orders", {"item": "gloves"})
        [event] = await ada.receive()

        def gone() -> bool:
            key = {name: stale[name] for name in ("userID", "connectionID")}
            found = table.get_item(TableName=outputs["ConnectionsTable"], Key=key)
            return "Item" not in found

        assert event["type"] == "order.placed"
        await asyncio.to_thread(wait_for, "no row of the stale connection", gone)


async def test_fifty_concurrent_messages_all_arrive(sign_in: SignIn) -> None:
    async with listening(sign_in, "ada", 1) as ada, listening(sign_in, "ben", 2) as ben:
        texts = {f"n. {number}" for number in range(50)}

        await asyncio.gather(
            *(
                ask(ada.api_user, "POST", "/messages", {"to": ben.name, "text": text})
                for text in texts
            )
        )
        for device in ben.devices:
            while {event["data"]["text"] for event in device.received} != texts:
                await device.receive()

        [row] = (await ask(ben.api_user, "GET", "/messages"))["conversations"]
        assert row["unread"] == 50
        assert [len(device.received) for device in ben.devices] == [50, 50]


async def test_a_user_who_requests_many_connections_has_to_wait(
    outputs: Outputs, sign_in: SignIn
) -> None:
    """fault 73"""
    ada = await asyncio.to_thread(sign_in, f"ada-{uuid.uuid4()}")
    with used_up(outputs, CONNECTIONS, ada.sub):
        seconds = await asyncio.to_thread(refused, ada, "/live")

    assert 1 <= seconds <= CONNECTIONS.seconds
    assert await address(ada)


@pytest.mark.local_only("has the default limit, and creates rows for unknown connections")
async def test_a_user_with_many_connections_gets_no_further_one(
    outputs: Outputs, sign_in: SignIn
) -> None:
    """fault 73"""
    async with listening(sign_in, "ada", 1) as ada, aiohttp.ClientSession() as http:
        early = await address(ada.api_user)
        table = Connections(outputs["ConnectionsTable"], client("dynamodb", outputs))
        others = [table.add(Session(ada.api_user.sub), f"n{n}=") for n in range(19)]

        seconds = await asyncio.to_thread(refused, ada.api_user, "/live")
        with pytest.raises(aiohttp.WSServerHandshakeError) as handshake:
            await http.ws_connect(early)

        assert 1 <= seconds <= LEASE_SECONDS
        assert handshake.value.status == 429
        assert await quiet(ada.devices[0])
        table.remove_all(others[:1])
        assert await address(ada.api_user)
