"""Processes that outlive the command that starts them, and are stopped by a later one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process, known by its command line as well: pids are used again."""

    pid: int
    command: list[str]

    @classmethod
    def start(cls, command: list[str], log: Path, env: Mapping[str, str]) -> Process:
        """Start in a session of its own, which a Ctrl-C in the terminal does not reach."""
        with log.open("wb") as output:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )
        process = cls(popen.pid, command)
        while popen.poll() is None and not process.is_running:
            time.sleep(0.01)  # the kernel shows a command line only some time after exec
        return process

    @property
    def is_running(self) -> bool:
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)  # our own dead child would be a zombie
        # Not the first word: a virtual environment's Python may go by another name there.
        return " ".join(self.command[1:]) in _command_line(self.pid)

    def stop(self, grace: float = 1) -> None:
        """End it and all that it started: TERM, and KILL for what is left after `grace` s."""
        if not self.is_running:
            return
        os.killpg(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace
        while self.is_running and time.monotonic() < deadline:
            time.sleep(0.05)
        with suppress(ProcessLookupError, PermissionError):  # macOS: of zombies only
            os.killpg(self.pid, signal.SIGKILL)
        while self.is_running:
            time.sleep(0.05)


def _command_line(pid: int) -> str:
    """What runs under this pid; empty for nothing."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        return ""
    ps = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout
