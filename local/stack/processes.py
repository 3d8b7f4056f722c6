"""Processes that outlive the command that starts them, and are stopped by a later one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "LOCAL_STACK"
"""The environment variable that marks the processes of a stack, and theirs in turn."""

_KILLED_SECONDS = 10  # how long the system may take to end a process after SIGKILL


def mark_of(directory: Path) -> str:
    """Return the mark of the stack in this directory.

    It identifies the folder around the directory and not its path, so it stays the same if the
    folder is renamed or the directory is deleted, and a copy of the folder has another one.
    """
    folder = directory.absolute().parent.stat()
    return f"{folder.st_dev}:{folder.st_ino}:{directory.name}"


@dataclass(frozen=True, slots=True)
class Process:
    """A process. Its command and mark identify it too, since the system uses process ids again.

    Without a mark, the command is enough.
    """

    pid: int
    command: list[str]
    mark: str = ""

    @classmethod
    def start(
        cls, command: list[str], log: Path, env: Mapping[str, str], mark: str = ""
    ) -> Process:
        """Start a process in its own session, so that Ctrl-C in the terminal does not reach it."""
        with log.open("wb") as output:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**env, MARK: mark},
                start_new_session=True,
            )
        process = cls(popen.pid, command, mark)
        while popen.poll() is None and not process.is_running:
            time.sleep(0.01)  # the kernel shows the new command line shortly after exec
        return process

    @property
    def is_running(self) -> bool:
        """Return whether this process, and not another one with its id, runs."""
        try:
            found = psutil.Process(self.pid)
            command = found.cmdline()
        except psutil.Error:  # no such process, a zombie, or another user's process
            return False
        marks = {_mark(found), self.mark} - {""}
        # Without the first word: in a virtual environment, Python may show another name.
        return command[1:] == self.command[1:] and len(marks) < 2

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


def stop_marked(
    mark: str, grace: float = 1, *, spare: Callable[[int], bool] = lambda _: False
) -> None:
    """Stop all processes with this mark, except in process groups that `spare` accepts.

    These include processes that nothing has recorded, because the command that started them or
    their parent was killed.
    """
    for end, seconds in ((psutil.Process.terminate, grace), (psutil.Process.kill, _KILLED_SECONDS)):
        for process in marked(mark, spare):
            with suppress(psutil.Error):
                end(process)
        deadline = time.monotonic() + seconds
        while marked(mark, spare) and time.monotonic() < deadline:
            time.sleep(0.05)


def marked(mark: str, spare: Callable[[int], bool] = lambda _: False) -> list[psutil.Process]:
    """Return the processes with this mark, except in process groups that `spare` accepts."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError):
            if _mark(process) == mark and not spare(os.getpgid(process.pid)):
                found.append(process)
    return found


def _mark(process: psutil.Process) -> str:
    """Return the mark of a process; empty if it has none or belongs to another user."""
    try:
        return process.environ().get(MARK, "")
    except (psutil.Error, OSError):
        return ""
