"""Ports of this machine, and whether a server answers."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException

HOST = "127.0.0.1"


def free_port(preferred: int) -> int:
    """Return the preferred port, or any free port if that one is taken or 0."""
    for port in (preferred, 0):
        with socket.socket() as listener, suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
            return int(listener.getsockname()[1])
    raise OSError("no port is free")


def answers(port: int, path: str, identity: str) -> bool:
    """Return whether a GET request is answered with 200 and this text somewhere in the body.

    A server of somebody else, which has taken the port first, does not know the text.
    """
    with closing(HTTPConnection(HOST, port, timeout=2)) as connection:
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status == 200 and identity.encode() in response.read()
        except (HTTPException, OSError):
            return False
