"""The devices of users: a stub of the management API of WebSocket connections."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


class Devices:
    """A stub of the management API: it records events and closed connections, and can fail.

    `on_close` is called with the id of each connection that is to be closed, before it is.
    """

    def __init__(self) -> None:
        self.received: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.closed: list[str] = []
        self.gone: set[str] = set()
        self.failing: set[str] = set()
        self.requests = 0
        self.max_concurrency = 0
        self.seconds = 0.0  # duration of a request
        self.on_close: Callable[[str], object] = lambda _: None
        self._concurrency = 0
        self._lock = threading.Lock()

    def post(self, connection_id: str, event: bytes) -> int:
        """Receive an event. Returns the status of the response."""
        with self._lock:
            self.requests += 1
            self._concurrency += 1
            self.max_concurrency = max(self.max_concurrency, self._concurrency)
        time.sleep(self.seconds)
        with self._lock:
            self._concurrency -= 1
        status = self._status(connection_id)
        if status == 200:
            self.received[connection_id].append(json.loads(event))
        return status

    def close(self, connection_id: str) -> int:
        """Close a connection. Returns the status of the response."""
        self.on_close(connection_id)
        status = self._status(connection_id)
        if status == 200:
            self.closed.append(connection_id)
            self.gone.add(connection_id)
        return status

    def _status(self, connection_id: str) -> int:
        if connection_id in self.gone:
            return 410
        return 500 if connection_id in self.failing else 200


class Server(ThreadingHTTPServer):
    """Serves the devices with the HTTP API of API Gateway's management API."""

    request_queue_size = 64
    daemon_threads = True

    def __init__(self, devices: Devices) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.devices = devices


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        event = self.rfile.read(int(self.headers["Content-Length"]))
        self._respond(self.server.devices.post(self._connection(), event))

    def do_DELETE(self) -> None:
        self._respond(self.server.devices.close(self._connection()))

    def _connection(self) -> str:
        stage, _, connection_id = self.path.partition("/@connections/")
        assert stage == "/v1"
        return unquote(connection_id)

    def _respond(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status == 410:
            self.send_header("x-amzn-ErrorType", "GoneException")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep the test output clean."""


@contextmanager
def listening() -> Iterator[tuple[Devices, str]]:
    """The devices, and the URL of their WebSocket API."""
    stub = Devices()
    with Server(stub) as server:
        host, port = server.server_address[:2]
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield stub, f"ws://{host!s}:{port}/v1"
        server.shutdown()
