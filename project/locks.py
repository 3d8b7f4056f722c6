"""A lock between commands that change the same folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path, waiting: str, say: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock of an existing folder. If another command holds it, say `waiting` and wait.

    The kernel releases the lock when this process ends, however that happens, and those that have
    inherited the file descriptor that this returns.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield opened
    finally:
        os.close(opened)
