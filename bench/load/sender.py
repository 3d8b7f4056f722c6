"""Sends orders at a fixed rate, on this machine or as a Lambda function.

The function's code is this file as it is, below 4 KB, and needs only what the runtime has. The ids
of the orders follow from a name and a number, so the answer names only what was not accepted.
"""

import itertools
import json
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import urllib3

CLIENTS = 50  # at the same time; slower answers lower the rate
NAMESPACE = uuid.UUID("5f0a1c2e-7d1b-4c8f-9f63-1f0f4b8f2a11")
ACCEPTED = 202
LATE_SECONDS = 30  # it also stops if the API is too slow for the rate


def handler(event: dict, context: object) -> dict:  # type: ignore[type-arg]
    """Send what the event asks for."""
    return send(**event)


def order_id(name: str, number: int) -> str:
    """Return the id of an order of a sender."""
    return str(uuid.uuid5(NAMESPACE, f"{name} {number}"))


def item(name: str, number: int) -> str:
    """Return what is ordered, which no other order contains."""
    return f"{name} {number}"


def send(url: str, token: str, name: str, rate: float, seconds: float) -> dict:  # type: ignore[type-arg]
    """Send `rate` orders per second. Return the answers, by status, and the times, by millisecond.

    A time begins when the order was due, so a sender that is late does not hide it.
    """
    http = urllib3.PoolManager(maxsize=CLIENTS, retries=False, timeout=30)
    headers = {"Authorization": token, "Content-Type": "application/json"}
    count = round(rate * seconds)
    numbers, lock = itertools.count(), threading.Lock()
    start = time.monotonic()
    statuses: Counter[str] = Counter()
    milliseconds: Counter[str] = Counter()
    failed: list[int] = []

    def client(_: int) -> None:
        while True:
            with lock:
                number = next(numbers)
            due = start + number / rate
            if number >= count:
                return
            if time.monotonic() > start + seconds + LATE_SECONDS:
                with lock:
                    failed.append(number)
                return
            time.sleep(max(0, due - time.monotonic()))
            try:
                address = f"{url}/orders/{order_id(name, number)}"
                body = json.dumps({"item": item(name, number)})
                status = http.request("PUT", address, body=body, headers=headers).status
            except urllib3.exceptions.HTTPError:
                status = 0
            took = round((time.monotonic() - due) * 1000)
            with lock:
                statuses[str(status)] += 1
                milliseconds[str(took)] += 1
                if status != ACCEPTED:
                    failed.append(number)

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))
    return {
        "statuses": statuses,
        "milliseconds": milliseconds,
        "failed": failed,
        "numbers": min(count, next(numbers)),
        "seconds": time.monotonic() - start,
    }
