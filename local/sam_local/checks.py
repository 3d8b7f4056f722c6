"""What is asked of the functions in their containers, and what has to come back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable
from pathlib import Path

from aiohttp import ClientError, ClientSession

from local.sam_local import sam
from local.sam_local.docker import NotPossible
from project.template import ROOT

EVENTS = ROOT / "events"
FUNCTIONS_AT_ONCE = 2

# What start-api can be asked: it has no authorizer, so a function sees nobody's request, and
# it does not know the direct integrations with SQS.
EXPECTED_STATUSES = {("GET", "/orders"): 401, ("POST", "/orders"): 403}

# Records that are to fail, by their event. All others fail where the stack is out of reach.
EXPECTED_FAILURES = {"live_push/unreadable": ["00000002-0dd5-4b5c-8f5a-e3a1d4c00002"]}


async def run() -> list[bool]:
    """Check everything, and print each check; whether it went well."""
    print("sam local invoke")
    example = EVENTS / "orders_writer" / "one_order.json"
    results = [await _check(example, sam.invoke(_logical_id(example), example))]

    print("sam local start-lambda")
    gate = asyncio.Semaphore(FUNCTIONS_AT_ONCE)
    async with sam.server("start-lambda") as http:

        async def send(events: list[Path]) -> list[bool]:
            async with gate:  # and one after another: a function has one container
                return [await _check(event, _invoked(http, event)) for event in events]

        deployed = json.loads(sam.VARIABLES.read_text())  # search is an option
        folders = [sorted(folder.glob("*.json")) for folder in sorted(EVENTS.iterdir())]
        served = [events for events in folders if _logical_id(events[0]) in deployed]
        for checked in await asyncio.gather(*map(send, served)):
            results += checked

    print("sam local start-api")
    async with sam.server("start-api") as http:
        for (method, path), status in EXPECTED_STATUSES.items():
            start = time.monotonic()
            fault = await _refused(http, method, path, status)
            results.append(_report(method, f"{path} {status}", start, fault))
    return results


async def _check(event: Path, answer: Awaitable[bytes]) -> bool:
    """Whether the function does with the event what it should."""
    start = time.monotonic()
    try:
        fault = _fault(event, await answer)
    except (NotPossible, ClientError, TimeoutError) as error:
        fault = str(error) or type(error).__name__
    return _report(event.parent.name, event.stem, start, fault)


async def _invoked(http: ClientSession, event: Path) -> bytes:
    path = f"/2015-03-31/functions/{_logical_id(event)}/invocations"
    async with http.post(path, data=event.read_bytes()) as response:
        return await response.read()


def _fault(event: Path, answer: bytes) -> str:
    """What is wrong with a function's answer; empty for nothing."""
    try:
        answered = json.loads(answer)
    except ValueError:
        return "the answer is no JSON"
    if answered.get("errorMessage") == "Unauthorized":
        return ""  # how an authorizer says 401
    if "errorMessage" in answered:
        return f"{answered.get('errorType')}: {answered['errorMessage']}"
    failures = [record["itemIdentifier"] for record in answered.get("batchItemFailures", ())]
    if failures != EXPECTED_FAILURES.get(f"{event.parent.name}/{event.stem}", []):
        return f"records failed: {failures}"
    if answered.get("statusCode", 200) >= 500:
        return f"status {answered['statusCode']}"
    return ""


async def _refused(http: ClientSession, method: str, path: str, status: int) -> str:
    """What is wrong with the API's answer to nobody; empty for nothing."""
    async with http.request(method, path) as response:
        answered = await response.json()
    is_right = response.status == status and "message" in answered
    return "" if is_right else f"status {response.status} {answered}, not {status}"


def _logical_id(event: Path) -> str:
    return "".join(word.capitalize() for word in event.parent.name.split("_")) + "Function"


def _report(what: str, case: str, start: float, fault: str) -> bool:
    took = (time.monotonic() - start) * 1000
    print(f"  {what:<18}{case:<28}{took:>8,.0f} ms  {'failed: ' + fault if fault else 'ok'}")
    return not fault
