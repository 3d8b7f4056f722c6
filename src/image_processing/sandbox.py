"""Work on what strangers send, in a process of its own: bounded in time and in memory.

Decoders are C. What crashes one, or has it loop or take all memory, costs one process and
gives its uploader an answer, where it would else kill the function, and again at each retry.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from common.errors import StorefrontError

# A fork has everything imported already. On a Mac the libraries do not survive one.
_processes = (
    multiprocessing.get_context("spawn")
    if sys.platform == "darwin"
    else multiprocessing.get_context("fork")
)


class Exhausted(StorefrontError):
    """The work took more time or memory than it may, or crashed."""


def run[T](work: Callable[..., T], *arguments: Any, seconds: float, memory_bytes: int) -> T:
    """What `work` returns or raises, StorefrontErrors only. Raises Exhausted."""
    receiver, sender = _processes.Pipe(duplex=False)
    process = _processes.Process(target=_work, args=(sender, memory_bytes, work, arguments))
    process.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise Exhausted("took too long")
        outcome = receiver.recv()
    except EOFError as error:
        raise Exhausted("took too much memory, or crashed") from error
    finally:
        process.kill()
        process.join()
        receiver.close()
    if isinstance(outcome, StorefrontError):
        raise outcome
    result: T = outcome
    return result


def _work(
    sender: Connection, memory_bytes: int, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    if sys.platform == "linux":  # elsewhere address space is not what is used
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, most))
    try:
        outcome = work(*arguments)
    except StorefrontError as error:
        outcome = error
    sender.send(outcome)
