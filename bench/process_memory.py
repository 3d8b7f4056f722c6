"""The memory of a local stack's processes, sampled once per second. Linux only."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local.stack.local_stack import LocalStack


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident MB of the emulator, which stores all data, and of the largest other process."""

    emulator: float
    largest: float


@contextmanager
def sampled_memory(stack: LocalStack) -> Iterator[list[Memory]]:
    """Sample while the context is open. Yields the list that gets the samples."""
    state = json.loads((stack.directory / "stack.json").read_text())
    emulator, gateway = (state[name]["pid"] for name in ("emulator", "gateway"))
    samples: list[Memory] = []
    stopped = threading.Event()

    def sample() -> None:
        while True:
            resident = {
                pid: megabytes
                for pid, session, megabytes in _processes()
                if session in (emulator, gateway)
            }
            of_emulator = resident.pop(emulator, 0.0)
            samples.append(Memory(of_emulator, max(resident.values(), default=0.0)))
            if stopped.wait(1):
                break

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield samples
    finally:
        stopped.set()
        sampler.join()


def _processes() -> Iterator[tuple[int, int, float]]:
    """(process id, session id, resident MB) of every process."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # the process has just ended
            session = (entry / "stat").read_text().rpartition(")")[2].split()[3]
            pages = (entry / "statm").read_text().split()[1]
            yield int(entry.name), int(session), int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6
