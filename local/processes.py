"""Processes that outlive the command that starts them, and are stopped by a later one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


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


def free_port(wanted: int) -> int:
    """The wanted port of this machine, or any free one if it is taken or 0."""
    for port in (wanted, 0):
        with socket.socket() as listener, suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
            return int(listener.getsockname()[1])
    raise OSError("no port is free")


def answers(url: str) -> bool:
    """Whether a GET of this URL is answered by a 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (our own http URL)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def tail(log: Path, lines: int = 20) -> str:
    """The end of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _command_line(pid: int) -> str:
    """What runs under this pid; empty for nothing."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        return ""
    ps = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout
