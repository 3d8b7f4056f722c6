"""Ports of this machine, and whether a server answers."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from contextlib import suppress

HOST = "127.0.0.1"

# A proxy of the developer cannot reach the servers of this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port(preferred: int) -> int:
    """Return the preferred port, or any free port if that one is taken or 0."""
    for port in (preferred, 0):
        with socket.socket() as listener, suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
            return int(listener.getsockname()[1])
    raise OSError("no port is free")


def answers(url: str) -> bool:
    """Return whether a GET request for this URL is answered with 200."""
    try:
        with _DIRECT.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
