"""The checks: which requests are sent to the functions, and which answers are expected."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable
from pathlib import Path

from aiohttp import ClientError, ClientSession

from local.sam_local import sam
from local.sam_local.docker import NotPossible
from project.contract.check import Contract, Exchange
from project.template import ROOT

EVENTS = ROOT / "events"
FUNCTIONS_AT_ONCE = 2

# start-api has no authorizer, so the function refuses the request, and it does not support the
# direct integrations with SQS.
EXPECTED_STATUSES = {("GET", "/orders"): 401, ("POST", "/orders"): 403}

# Records that must fail, by event. Other records fail if the stack is not reachable.
EXPECTED_FAILURES = {"live_push/unreadable": ["00000002-0dd5-4b5c-8f5a-e3a1d4c00002"]}


async def run() -> list[bool]:
    """Run and print all checks; return which of them passed."""
    print("sam local invoke")
    example = EVENTS / "orders_writer" / "one_order.json"
    results = [await _check(example, sam.invoke(_logical_id(example), example))]

    print("sam local start-lambda")
    gate = asyncio.Semaphore(FUNCTIONS_AT_ONCE)
    async with sam.server("start-lambda") as http:

        async def send(events: list[Path]) -> list[bool]:
            async with gate:  # one event after another: a function has one container
                return [await _check(event, _invoked(http, event)) for event in events]

        deployed = json.loads(sam.VARIABLES.read_text())  # search is optional
        folders = [sorted(folder.glob("*.json")) for folder in sorted(EVENTS.iterdir())]
        served = [events for events in folders if _logical_id(events[0]) in deployed]
        for checked in await asyncio.gather(*map(send, served)):
            results += checked

    print("sam local start-api")
    async with sam.server("start-api") as http:
        for (method, path), status in EXPECTED_STATUSES.items():
            start = time.monotonic()
            problem = await _refusal_problem(http, method, path, status)
            results.append(_report(method, f"{path} {status}", start, problem))
    return results


async def _check(event: Path, answer: Awaitable[bytes]) -> bool:
    """Return whether the function handles the event as expected."""
    start = time.monotonic()
    try:
        problem = _problem(event, await answer)
    except TimeoutError:
        problem = f"no answer within {sam.ANSWER_SECONDS} s"
    except (NotPossible, ClientError) as error:
        problem = str(error) or type(error).__name__
    return _report(event.parent.name, event.stem, start, problem)


async def _invoked(http: ClientSession, event: Path) -> bytes:
    path = f"/2015-03-31/functions/{_logical_id(event)}/invocations"
    async with http.post(path, data=event.read_bytes()) as response:
        return await response.read()


def _problem(event: Path, answer: bytes) -> str:
    """Return what is wrong with a function's answer; empty if it is as expected."""
    try:
        content = json.loads(answer)
    except ValueError:
        return "the answer is not JSON"
    if content.get("errorMessage") == "Unauthorized":
        return ""  # with this error, an authorizer refuses a token
    if "errorMessage" in content:
        return f"{content.get('errorType')}: {content['errorMessage']}"
    failures = [record["itemIdentifier"] for record in content.get("batchItemFailures", ())]
    if failures != EXPECTED_FAILURES.get(f"{event.parent.name}/{event.stem}", []):
        return f"records failed: {failures}"
    if content.get("statusCode", 200) >= 500:
        return f"status {content['statusCode']}"
    request = json.loads(event.read_text())
    if "httpMethod" in request and "statusCode" in content:
        exchange = Exchange.of_function(request, content)
        return "; ".join(Contract.committed().problems(exchange))
    return ""


async def _refusal_problem(http: ClientSession, method: str, path: str, status: int) -> str:
    """Return what is wrong with the answer to an anonymous request; empty if it is as expected."""
    async with http.request(method, path) as response:
        content = await response.json()
    is_expected = response.status == status and "message" in content
    return "" if is_expected else f"status {response.status} {content}, expected {status}"


def _logical_id(event: Path) -> str:
    return "".join(word.capitalize() for word in event.parent.name.split("_")) + "Function"


def _report(what: str, case: str, start: float, problem: str) -> bool:
    took = (time.monotonic() - start) * 1000
    print(f"  {what:<18}{case:<28}{took:>8,.0f} ms  {'failed: ' + problem if problem else 'ok'}")
    return not problem
