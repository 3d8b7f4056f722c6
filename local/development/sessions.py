"""Sessions in which the functions of a local stack run from a folder of sources.

`make watch` and `make debug` are such sessions. Each is a file in the stack's folder, which counts
while the process that wrote it runs. So nothing is left of a session that was killed. The emulator
imports this module too, so it needs only the standard library.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


class SessionExists(Exception):
    """Another process has such a session. The text says which."""


@dataclass(frozen=True, slots=True)
class Session:
    """Functions run from `src` and `layers` in the folder `root`.

    `function` is the only function, or empty for all. With a `debugger_port`, it waits at its start
    until a debugger is attached at this port; `packages` is the folder with debugpy.
    """

    root: str
    pid: int
    function: str = ""
    debugger_port: int = 0
    packages: str = ""

    @property
    def is_running(self) -> bool:
        """Return whether the process of the session runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:  # of another user
            return False
        return True

    def sources(self, function: str) -> list[str]:
        """Return the folders from which a function imports before what was deployed."""
        root = Path(self.root)
        return [str(root / "src" / function), str(root / "layers/common")]


def record(directory: Path, session: Session) -> None:
    """Record a session in a stack's directory. Raises SessionExists."""
    file = _file(directory, session.function)
    file.parent.mkdir(parents=True, exist_ok=True)
    if (other := _load(file)) and other.is_running:
        raise SessionExists(f"process {other.pid} already does this: end it first")
    incomplete = file.with_suffix(".new")
    incomplete.write_text(json.dumps(asdict(session)))
    incomplete.rename(file)


def forget(directory: Path, session: Session) -> None:
    """End a session."""
    _file(directory, session.function).unlink(missing_ok=True)


def of_function(directory: Path, function: str) -> Session | None:
    """Return the session in which a function runs now: its own one, or that of all functions."""
    for name in (function, ""):
        session = _load(_file(directory, name))
        if session is not None and session.is_running:
            return session
    return None


def of_all_functions(directory: Path) -> Session | None:
    """Return the session in which all functions run now."""
    return of_function(directory, "")


def _file(directory: Path, function: str) -> Path:
    # `make down` deletes this folder.
    return directory / "tmp" / "development" / f"{function or 'all'}.json"


def _load(file: Path) -> Session | None:
    try:
        fields: dict[str, Any] = json.loads(file.read_text())
        return Session(**fields)
    except (FileNotFoundError, ValueError, TypeError):  # it has just ended, or is not a session
        return None
