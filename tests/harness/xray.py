"""A fake X-Ray daemon."""

from __future__ import annotations

import json
import socket
from typing import Any


class Daemon:
    """A fake X-Ray daemon that collects segments."""

    def __init__(self) -> None:
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.setblocking(False)  # noqa: FBT003
        host, port = self.udp.getsockname()
        self.address = f"{host}:{port}"

    def segments(self) -> list[dict[str, Any]]:
        """Return the documents so far. On loopback, they arrive before `sendto` returns."""
        found: list[dict[str, Any]] = []
        while True:
            try:
                header, document = self.udp.recv(65536).decode().split("\n", 1)
            except BlockingIOError:
                return found
            assert json.loads(header) == {"format": "json", "version": 1}
            found.append(json.loads(document))
