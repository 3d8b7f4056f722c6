"""Live events: a WebSocket that is opened with a single-use ticket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from local.stack_probe import PATIENCE, wait_for
from ops.verify_aws.probe import probe
from ops.verify_aws.target import Target

type Talk = Callable[[aiohttp.ClientSession, str], Awaitable[str]]


def _address(target: Target) -> str:
    url: str = target.ask("POST", "/live").body["url"]
    return url


def _talking(target: Target, talk: Talk) -> str:
    async def run() -> str:
        async with aiohttp.ClientSession() as http:
            return await talk(http, _address(target))

    return asyncio.run(run())


async def _refused(http: aiohttp.ClientSession, url: str) -> str:
    try:
        async with http.ws_connect(url):
            return "connected"
    except aiohttp.WSServerHandshakeError as error:
        # API Gateway returns the function's 401. The emulator has one status for all refusals.
        return "refused" if error.status in (401, 403) else f"{error.status}"


async def _receive(socket: aiohttp.ClientWebSocketResponse, event_type: str) -> dict[str, Any]:
    """Return the next event of a type. Other probes' images cause events on every connection."""
    while True:
        event: dict[str, Any] = json.loads(await socket.receive_str(timeout=PATIENCE))
        if event["type"] == event_type:
            return event


@probe("a ping receives a pong", expected="pong")
def ping(target: Target) -> str:
    async def talk(http: aiohttp.ClientSession, url: str) -> str:
        async with http.ws_connect(url) as socket:
            await socket.send_str('{"type": "ping"}')
            return str((await _receive(socket, "pong"))["type"])

    return _talking(target, talk)


@probe("the recipient receives a message live", expected="message.received, unchanged")
def message(target: Target) -> str:
    body = {"to": target.ask("GET", "/users/me").body["username"], "text": "a probe 🧤"}

    async def talk(http: aiohttp.ClientSession, url: str) -> str:
        async with http.ws_connect(url) as socket:
            ask = target.ask
            reply = await asyncio.to_thread(ask, "POST", "/messages", body, None, target.other)
            if reply.status != 201:
                return f"{reply.status} {reply.content.decode(errors='replace')}"
            sent = reply.body
            path = f"/messages/{sent['messageID']}"
            target.on_exit("a message", lambda: ask("DELETE", path, user=target.other))
            event = await _receive(socket, "message.received")
            same = "unchanged" if event["data"] == sent else f"{event['data']}"
            return f"{event['type']}, {same}"

    return _talking(target, talk)


@probe("a ticket is valid once", expected="refused")
def second_use(target: Target) -> str:
    async def talk(http: aiohttp.ClientSession, url: str) -> str:
        async with http.ws_connect(url):
            return await _refused(http, url)

    return _talking(target, talk)


@probe("a connection without a ticket", expected="refused")
def no_ticket(target: Target) -> str:
    async def talk(http: aiohttp.ClientSession, url: str) -> str:
        return await _refused(http, url.partition("?")[0])

    return _talking(target, talk)


@probe("a closed connection is removed from the table", expected="1 row, then 0")
def close(target: Target) -> str:
    def rows() -> int:
        found = target.stack.client("dynamodb").query(
            TableName=target.outputs["ConnectionsTable"],
            KeyConditionExpression="userID = :user",
            ExpressionAttributeValues={":user": {"S": target.user.sub}},
            ConsistentRead=True,
        )
        return int(found["Count"])

    async def talk(http: aiohttp.ClientSession, url: str) -> str:
        # The rows of earlier probes must be removed first.
        await asyncio.to_thread(wait_for, "no row", lambda: rows() == 0)
        async with http.ws_connect(url):
            return f"{rows()} row"

    connected = _talking(target, talk)
    wait_for("no row of a closed connection", lambda: rows() == 0)
    return f"{connected}, then 0"
