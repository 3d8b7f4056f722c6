"""A message to a user who receives it over a WebSocket."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp

from local.api_user import ApiUser
from local.demo.output import say
from local.stack_probe import PATIENCE, NotSeen


async def follow_a_message(api_user: ApiUser, friend: ApiUser) -> None:
    """Send a message to a user who listens, and show what arrives."""
    ticket = friend.request("POST", "/live")
    if ticket.status != 201:
        raise NotSeen(f"listening: the API answered {ticket.status} {ticket.body}")
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(ticket.body["url"]) as socket,
    ):
        say("listening", "a friend, over a WebSocket, with a ticket for one use")
        sent = time.monotonic()
        message = {"to": "friend", "text": "your gloves are on their way"}
        answer = await asyncio.to_thread(api_user.request, "POST", "/messages", message)
        if answer.status != 201:
            raise NotSeen(f"sent: the API answered {answer.status} {answer.body}")
        say("sent", f"201, message {answer.body['messageID']}", sent)
        try:
            event = await received(socket, answer.body["messageID"])
        except TimeoutError as error:
            raise NotSeen(f"heard: no event on the WebSocket within {PATIENCE} s") from error
        say("heard", f"{event['type']}: {event['data']['text']}", sent)


async def received(socket: aiohttp.ClientWebSocketResponse, message_id: str) -> dict[str, Any]:
    """Return the event of this message; other events may come before it. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            event: dict[str, Any] = json.loads(await socket.receive_str())
            if event["data"].get("messageID") == message_id:
                return event
