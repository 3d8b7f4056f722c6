"""Commands that run to their end, each with its own log."""

from __future__ import annotations

import subprocess
from pathlib import Path

from project.template import ROOT


class CommandFailed(Exception):
    """A command failed. The text names the command and its log, and quotes the log's end."""


def run(what: str, command: list[str | Path], log: Path, env: dict[str, str] | None = None) -> None:
    """Run a command in the project's folder until it ends. Raises CommandFailed."""
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise CommandFailed(f"{what} failed; {log} ends with:\n{tail(log)}")


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
