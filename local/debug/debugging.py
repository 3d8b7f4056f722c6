"""A function that runs from its sources, under a debugger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from local.development.functions import Functions
from local.development.sessions import Session
from local.stack.ports import free_port
from local.stack_probe import wait_for

PORT = 5678
"""The port that `.vscode/launch.json` names."""


class PortTaken(Exception):
    """Another process listens on the port. The text says what to do."""


@contextmanager
def debugged(functions: Functions, session: Session) -> Iterator[None]:
    """Start a function that waits for a debugger, and end it afterwards.

    Raises PortTaken, SessionExists, UnknownFunction, or NotSeen if it does not start.
    """
    port = session.debugger_port
    if _is_taken(port):
        raise PortTaken(f"port {port} is taken: end what listens there, or choose another PORT")
    with functions.developed(session):
        functions.start(session.function)
        wait_for(f"a debugger's port {port}", lambda: _is_taken(port), pause=0.1)
        yield


def _is_taken(port: int) -> bool:
    # A connection would be the debugger's only one.
    return free_port(port) != port
