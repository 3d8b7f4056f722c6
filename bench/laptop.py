"""What the local stack manages: latency of one order at a time, and a rush of many clients."""

from __future__ import annotations

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import urllib3

from local.account import Outputs, client, subscribed_queue
from local.shopper import Shopper
from local.stack import Stack

ONE_BY_ONE = 100
RUSH = 2000
CLIENTS = 16


def report() -> None:
    """Print latency and throughput of a stack of its own, started for it and stopped again."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), 0, 0)
        try:
            outputs = stack.up()
            shop = _Shop(outputs)
            shop.place(1)  # what a cold start pays is measured elsewhere
            shop.hear(1)
            accepted, notified = zip(*(shop.follow() for _ in range(ONE_BY_ONE)), strict=True)
            print(f"\nlocal stack, {ONE_BY_ONE} orders one at a time")
            print(f"{'':24}{'median':>10}{'p99':>10}")
            for name, times in (("POST to 202", accepted), ("POST to notification", notified)):
                print(f"{name:24}{_ms(median(times)):>10}{_ms(quantiles(times, n=100)[-1]):>10}")

            start = time.perf_counter()
            shop.place(RUSH, CLIENTS)
            placed = time.perf_counter() - start
            shop.hear(RUSH)
            published = time.perf_counter() - start
            print(f"\nlocal stack, {RUSH} orders from {CLIENTS} clients at once")
            print(f"accepted   {RUSH / placed:6.0f} orders/s")
            print(f"stored and published {RUSH / published:6.0f} orders/s")
        finally:
            stack.down()


class _Shop:
    def __init__(self, outputs: Outputs) -> None:
        shopper = Shopper.sign_in(outputs, "bench")
        self._url = outputs["GatewayUrl"] + "/orders"
        self._headers = {
            "Authorization": shopper.access_token,
            "Content-Type": "application/json",
        }
        self._http = urllib3.PoolManager(maxsize=CLIENTS)
        self._sqs = client("sqs", outputs["Endpoint"])
        topic = outputs["OrderEventsTopic"]
        self._events = subscribed_queue("bench-events", topic, outputs["Endpoint"])

    def place(self, orders: int, clients: int = 1) -> None:
        """Place orders; every one must be accepted."""
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(lambda _: self._post(), range(orders)))

    def follow(self) -> tuple[float, float]:
        """Seconds from a POST to its 202, and to its event."""
        start = time.perf_counter()
        self._post()
        accepted = time.perf_counter() - start
        self.hear(1)
        return accepted, time.perf_counter() - start

    def hear(self, orders: int) -> None:
        """Wait for the events of so many orders, each once."""
        heard: set[str] = set()
        while len(heard) < orders:
            for message in self._receive():
                event = json.loads(json.loads(message["Body"])["Message"])
                assert event["data"]["orderID"] not in heard, "published twice"
                heard.add(event["data"]["orderID"])

    def _post(self) -> None:
        body = b'{"item": "latex gloves", "customerID": "12345"}'
        answer = self._http.request("POST", self._url, body=body, headers=self._headers)
        assert answer.status == 202, answer.status

    def _receive(self) -> list[Any]:
        messages: list[Any] = self._sqs.receive_message(
            QueueUrl=self._events, MaxNumberOfMessages=10, WaitTimeSeconds=20
        ).get("Messages", [])
        if messages:
            handles = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            self._sqs.delete_message_batch(QueueUrl=self._events, Entries=handles)
        return messages


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
