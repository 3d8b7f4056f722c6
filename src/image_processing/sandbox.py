"""A separate process for the files that users upload, with limits on its time, memory and answer.

Image decoders are written in C. A file that makes one crash, hang or use all memory ends only this
process, and its owner gets an error. Without it, the file would end the function, and again with
each retry. The process has no credentials. It is kept for the next file, because starting it takes
long. It is not a fork, because libvips has threads, which a fork loses.
"""

from __future__ import annotations

import os
import pickle
import resource
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from formats.contents import UnusablePicture

MAX_ANSWER_BYTES = 80 * 1024 * 1024
"""More than the results of any picture have."""


class Exhausted(Exception):
    """The work exceeded its time, memory or length of the answer, or crashed."""


class Sandbox:
    """One process, which starts when there is work."""

    def __init__(self, seconds: float, memory_bytes: int) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any]

    def run[T](self, work: Callable[..., T], *arguments: Any) -> T:
        """The result of `work`, which is a function of a module.

        Raises UnusablePicture if `work` does, and Exhausted.
        """
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._start()
        try:
            self._connection.send((work, arguments))
            if not self._connection.poll(self._seconds):
                raise Exhausted("took too long")
            # Raises OSError for a longer answer, before it takes the function's memory.
            answer = self._connection.recv_bytes(MAX_ANSWER_BYTES)
        except (EOFError, OSError) as error:
            self.stop()
            raise Exhausted("crashed, used too much memory, or answered too much") from error
        except Exhausted:
            self.stop()
            raise
        outcome = pickle.loads(answer)  # noqa: S301  # the function's own objects
        if isinstance(outcome, UnusablePicture):
            raise outcome
        result: T = outcome
        return result

    def stop(self) -> None:
        """Kill the process, even while it works."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._connection.close()
            self._process = None

    def _start(self) -> None:
        self._connection, child = Pipe()
        environment = {name: v for name, v in os.environ.items() if not name.startswith("AWS_")}
        # libvips would write pictures of more than 100 MB to /tmp, where Lambda has only 512 MB.
        environment["VIPS_DISC_THRESHOLD"] = str(self._memory_bytes)
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(child.fileno()), str(self._memory_bytes)],
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
            pass_fds=[child.fileno()],
            stdin=subprocess.DEVNULL,
        )
        child.close()


def _serve(connection: Connection[Any, Any], memory_bytes: int) -> None:
    if sys.platform == "linux":  # on other systems, a limit of the address space limits no memory
        _, hard_limit = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, hard_limit))
    while True:
        try:
            work, arguments = connection.recv()
        except EOFError:
            return
        try:
            outcome = work(*arguments)
        except UnusablePicture as error:
            outcome = error
        connection.send(outcome)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), int(sys.argv[2]))
