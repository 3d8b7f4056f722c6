"""DynamoDB and SNS that answer yes after a fixed time, and count what they were asked.

An HTTP server in a process of its own, so that a client pays what it pays on AWS: building,
signing, sending and parsing every request, and waiting for the answer.
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

DELAY_SECONDS = 0.005

_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
_DYNAMODB: dict[str, Any] = {
    "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
    "Query": {"Items": [], "Count": 0, "ScannedCount": 0},
}  # by default nothing


@contextmanager
def stub(delay_seconds: float = DELAY_SECONDS) -> Iterator[str]:
    """Run the stub; its address."""
    ours, its = Pipe()
    process = Process(target=_serve, args=(its, delay_seconds), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def counts(address: str) -> Counter[str]:
    """Requests, all and by action, and write units since the last call."""
    return Counter(urllib3.request("GET", f"{address}/counts", timeout=5).json())


def _serve(started: Connection, delay_seconds: float) -> None:
    asyncio.run(_run(started, delay_seconds))


async def _run(started: Connection, delay_seconds: float) -> None:
    counted: Counter[str] = Counter()

    async def tell(_: web.Request) -> web.Response:
        answer = web.json_response(counted)
        counted.clear()
        return answer

    async def answer(request: web.Request) -> web.Response:
        body = await request.text()
        await asyncio.sleep(delay_seconds)
        counted["requests"] += 1
        if target := request.headers.get("X-Amz-Target"):
            action = target.rpartition(".")[2]
            counted[action] += 1
            counted["write units"] += action in _WRITES
            yes = _DYNAMODB.get(action, {})
            if action == "BatchExecuteStatement":
                statements = json.loads(body)["Statements"]
                counted["write units"] += len(statements)
                yes = {"Responses": [{"TableName": "orders"} for _ in statements]}
            return web.json_response(yes, content_type="application/x-amz-json-1.0")
        form = parse_qs(body)
        counted[form["Action"][0]] += 1
        return web.Response(text=_sns(form["Action"][0], form), content_type="text/xml")

    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_get("/counts", tell)
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    started.send(runner.addresses[0][1])
    await asyncio.Event().wait()


def _sns(action: str, form: dict[str, list[str]]) -> str:
    ids = [value[0] for name, value in form.items() if re.search(r"\.member\.\d+\.Id$", name)]
    taken = "".join(f"<member><Id>{i}</Id><MessageId>m</MessageId></member>" for i in ids)
    result = f"<Successful>{taken}</Successful><Failed/>" if ids else "<MessageId>m</MessageId>"
    return (
        f'<{action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        f"<{action}Result>{result}</{action}Result></{action}Response>"
    )
