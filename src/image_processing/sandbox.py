"""Work on what strangers send, in a process of its own: bounded in time and in memory.

Decoders are C. What crashes one, has it loop, or take all memory, costs that process and gives
its uploader an answer, where it would else kill the function, and again at each retry. The
process knows no credentials. It is kept for the next picture, since it takes long to start; it
is no fork, since libvips has threads, which a fork loses.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from common.api.errors import StorefrontError


class Exhausted(StorefrontError):
    """The work took more time or memory than it may, or crashed."""


class Sandbox:
    """One process at a time, started when there is work."""

    def __init__(self, seconds: float, memory_bytes: int) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any]

    def run[T](self, work: Callable[..., T], *arguments: Any) -> T:
        """What `work`, a function of a module, returns or raises. Raises Exhausted."""
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._start()
        try:
            self._connection.send((work, arguments))
            if not self._connection.poll(self._seconds):
                raise Exhausted("took too long")
            outcome = self._connection.recv()
        except (EOFError, OSError) as error:
            self.stop()
            raise Exhausted("crashed, or took too much memory") from error
        except Exhausted:
            self.stop()
            raise
        if isinstance(outcome, Exception):
            raise outcome
        result: T = outcome
        return result

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._connection.close()
            self._process = None

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        environment = {name: v for name, v in os.environ.items() if not name.startswith("AWS_")}
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno()), str(self._memory_bytes)],
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()


def _serve(connection: Connection[Any, Any], memory_bytes: int) -> None:
    if sys.platform == "linux":  # elsewhere address space says nothing about memory
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, most))
    while True:
        try:
            work, arguments = connection.recv()
        except EOFError:
            return
        try:
            outcome = work(*arguments)
        except StorefrontError as error:
            outcome = error
        connection.send(outcome)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), int(sys.argv[2]))
