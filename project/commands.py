"""Commands that run to their end, each with its own log."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from project.template import ROOT

_FULL_BYTES = 100_000


class CommandFailed(Exception):
    """A command failed. The text names the command and its log, and quotes the log's end."""


def run(
    what: str,
    command: list[str | Path],
    log: Path,
    env: Mapping[str, str] | None = None,
    *,
    keep_open: Sequence[int] = (),
) -> None:
    """Run a command in the project's folder until it ends. Raises CommandFailed.

    The command inherits the open files `keep_open`. So it keeps their locks, even if it outlives
    this process.
    """
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=keep_open,
            check=False,
        )
    if done.returncode:
        raise CommandFailed(f"{what} failed; {end_of(log)}")


def end_of(log: Path) -> str:
    """Return the name and the last lines of a log, for the message of a failure.

    On a full disk, a log ends before the reason of the failure, so the reason is added.
    """
    is_full = shutil.disk_usage(log.parent).free < _FULL_BYTES
    reason = f"\nno space is left on the disk of {log.parent}" if is_full else ""
    return f"{log} ends with:\n{tail(log)}{reason}"


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
