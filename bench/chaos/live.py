"""Clients that listen for live events, and connect again whenever they are disconnected."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import aiohttp

from bench.chaos.clients import BUYERS, Customers
from bench.chaos.ledger import Ledger

_PING_SECONDS = 10
"""More often than a client has to: a clock that jumps ends the lease of a connection early."""

_IDS = ("orderID", "messageID", "imageID")


@contextmanager
def listening(customers: Customers, ledger: Ledger) -> Iterator[None]:
    """Let each buyer listen during the context, and note what they hear."""
    loop = asyncio.new_event_loop()

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(everybody)

    everybody = loop.create_task(_listen_all(customers, ledger))
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(everybody.cancel)
        thread.join()
        loop.close()


async def _listen_all(customers: Customers, ledger: Ledger) -> None:
    async with asyncio.TaskGroup() as listeners:
        for name in BUYERS:
            listeners.create_task(_listen(name, customers, ledger))


async def _listen(name: str, customers: Customers, ledger: Ledger) -> None:
    while True:
        ticket = await asyncio.to_thread(customers.once, name, "POST", "/live")
        if ticket.status == 201:
            with suppress(aiohttp.ClientError, OSError):
                await _hear(name, ticket.body["url"], ledger)
        await asyncio.sleep(random.uniform(0.5, 2))


async def _hear(name: str, url: str, ledger: Ledger) -> None:
    """Note the events of one connection until it is closed."""
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        while not socket.closed:
            try:
                frame = await socket.receive(timeout=_PING_SECONDS)
            except TimeoutError:
                await socket.send_json({"type": "ping"})
                continue
            if frame.type != aiohttp.WSMsgType.TEXT:
                return
            event = json.loads(frame.data)
            data = event.get("data", {})
            for key in _IDS:
                if key in data:
                    ledger.heard.add((name, event["type"], data[key]))
