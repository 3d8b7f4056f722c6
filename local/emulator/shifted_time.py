"""A clock that jumps while `make chaos` runs: `time.time` and `time.time_ns` with an offset.

The offset is a number of seconds in a file, read at each call. Both the emulator and the processes
of the functions run this, before they import anything that reads the time. `datetime.now` and the
monotonic clock stay as they are: signatures are made with the first, pauses with the second.

Upstream: no, it belongs to `chaos`.
"""

import os
import time
from pathlib import Path

VARIABLE = "CLOCK_OFFSET"

_time, _time_ns = time.time, time.time_ns
_file = Path(os.environ[VARIABLE])


def offset() -> int:
    """Return by how many seconds the clock is ahead; 0 while there is no such file."""
    try:
        return int(_file.read_bytes() or 0)
    except FileNotFoundError:
        return 0


def shifted() -> float:
    """Return the seconds since the epoch, with the offset."""
    return _time() + offset()


def shifted_ns() -> int:
    """Return the nanoseconds since the epoch, with the offset."""
    return _time_ns() + offset() * 10**9


time.time, time.time_ns = shifted, shifted_ns
