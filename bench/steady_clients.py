"""Clients that send requests at a steady rate while something else happens."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def sending(clients: Sequence[Iterator[object]], per_second: float) -> Iterator[None]:
    """Let clients send requests during the context, so many per second of all together.

    A client sends a request for each item. Slower answers lower the rate. Leaving the context
    waits until each client has its answer.
    """
    stopped = threading.Event()
    seconds = len(clients) / per_second

    def run(client: Iterator[object]) -> None:
        while not stopped.is_set():
            started = time.monotonic()
            next(client)
            stopped.wait(max(0, started + seconds - time.monotonic()))

    with ThreadPoolExecutor(len(clients)) as pool:
        ends = [pool.submit(run, client) for client in clients]
        try:
            yield
        finally:
            stopped.set()
    for end in ends:
        end.result()
