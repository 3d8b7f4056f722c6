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

import psutil


@dataclass(frozen=True, slots=True)
class Process:
    """A process. Its command identifies it too, since the system uses process ids again."""

    pid: int
    command: list[str]

    @classmethod
    def start(cls, command: list[str], log: Path, env: Mapping[str, str]) -> Process:
        """Start a process in its own session, so that Ctrl-C in the terminal does not reach it."""
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
            time.sleep(0.01)  # the kernel shows the new command line shortly after exec
        return process

    @property
    def is_running(self) -> bool:
        """Return whether this process, and not another one with its id, runs."""
        try:
            command = psutil.Process(self.pid).cmdline()
        except psutil.Error:  # no such process, a zombie, or another user's process
            return False
        # Without the first word: in a virtual environment, Python may show another name.
        return command[1:] == self.command[1:]

    def stop(self, grace: float = 1) -> None:
        """Stop the process and its children: SIGTERM, and after `grace` seconds SIGKILL."""
        if not self.is_running:
            return
        os.killpg(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace
        # psutil's own wait would not end for a zombie that its parent does not collect.
        while self.is_running and time.monotonic() < deadline:
            time.sleep(0.05)
        with suppress(ProcessLookupError, PermissionError):  # macOS: only zombies are left
            os.killpg(self.pid, signal.SIGKILL)
        while self.is_running:
            time.sleep(0.05)
