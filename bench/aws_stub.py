"""A local server that stands in for DynamoDB and SNS and counts requests.

Every request succeeds after a fixed delay. The server runs in its own process and speaks HTTP, so
that a client does all the work that it does on AWS: build, sign and send each request, wait, and
parse the response.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs

import urllib3
from aiohttp import web

from bench.events import stream_batch

DELAY_SECONDS = 0.005

_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
_ORDER = stream_batch(1)["Records"][0]["dynamodb"]["NewImage"]
_DYNAMODB: dict[str, Any] = {
    "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
    "GetItem": {"Item": _ORDER},
    "UpdateItem": {"Attributes": _ORDER},
    "Query": {"Items": [], "Count": 0, "ScannedCount": 0},
}  # other actions get an empty response


@contextmanager
def run_stub(delay_seconds: float = DELAY_SECONDS) -> Iterator[str]:
    """Run the server. Yields its endpoint URL."""
    receiver, sender = Pipe()
    process = Process(target=_serve, args=(sender, delay_seconds), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}"
    finally:
        process.terminate()
        process.join()


def take_counts(endpoint: str) -> Counter[str]:
    """The counts since the last call: `requests`, `write units`, and requests by action."""
    return Counter(urllib3.request("GET", f"{endpoint}/counts", timeout=5).json())


def _serve(port_sender: Connection, delay_seconds: float) -> None:
    asyncio.run(_run(port_sender, delay_seconds))


async def _run(port_sender: Connection, delay_seconds: float) -> None:
    counts: Counter[str] = Counter()

    async def send_counts(_: web.Request) -> web.Response:
        response = web.json_response(counts)
        counts.clear()
        return response

    async def succeed(request: web.Request) -> web.Response:
        body = await request.text()
        await asyncio.sleep(delay_seconds)
        counts["requests"] += 1
        if target := request.headers.get("X-Amz-Target"):
            action = target.rpartition(".")[2]
            counts[action] += 1
            counts["write units"] += action in _WRITES
            response = _DYNAMODB.get(action, {})
            if action == "BatchExecuteStatement":
                statements = json.loads(body)["Statements"]
                counts["write units"] += len(statements)
                response = {"Responses": [{"TableName": "orders"} for _ in statements]}
            return web.json_response(response, content_type="application/x-amz-json-1.0")
        form = parse_qs(body)
        action = form["Action"][0]
        counts[action] += 1
        return web.Response(text=_sns_response(action, form), content_type="text/xml")

    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_get("/counts", send_counts)
    app.router.add_post("/{path:.*}", succeed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port_sender.send(runner.addresses[0][1])
    await asyncio.Event().wait()


def _sns_response(action: str, form: dict[str, list[str]]) -> str:
    ids = [value[0] for name, value in form.items() if re.search(r"\.member\.\d+\.Id$", name)]
    entries = "".join(f"<member><Id>{i}</Id><MessageId>m</MessageId></member>" for i in ids)
    result = f"<Successful>{entries}</Successful><Failed/>" if ids else "<MessageId>m</MessageId>"
    return (
        f'<{action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        f"<{action}Result>{result}</{action}Result></{action}Response>"
    )
