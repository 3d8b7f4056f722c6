"""What is recorded about a local stack, in two files in its directory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.emulator_clients import Outputs


class State:
    """`stack.json` records how the stack runs; `outputs.json` is what its clients read.

    Both contain secrets of the stack, so only their owner can read them. They are replaced as a
    whole, and what is not as expected in them is ignored. So nothing has to be flushed to the disk:
    after a power failure no stack runs, and an empty file says the same.
    """

    def __init__(self, directory: Path) -> None:
        self._state_file = directory / "stack.json"
        self._outputs_file = directory / "outputs.json"

    @property
    def outputs_file(self) -> Path:
        """The path of `outputs.json`."""
        return self._outputs_file

    def load(self) -> dict[str, Any]:
        """Return all that is recorded; empty for a stack that is down."""
        recorded = _load(self._state_file)
        return {name: each for name, each in recorded.items() if _SHAPES.get(name, _any)(each)}

    def save(self, **changes: Any) -> None:
        """Record these values."""
        _dump(self._state_file, self.load() | changes)

    def forget(self, *names: str) -> None:
        """Remove values."""
        kept = {name: each for name, each in self.load().items() if name not in names}
        _dump(self._state_file, kept)

    def outputs(self) -> Outputs:
        """Return the outputs; empty for a stack that is down."""
        outputs = _load(self._outputs_file)
        return {name: each for name, each in outputs.items() if isinstance(each, str)}

    def save_outputs(self, **changes: str) -> None:
        """Record these outputs, which include credentials of the stack."""
        recorded = self.outputs() | changes
        self._outputs_file.touch(mode=0o600)
        _dump(self._outputs_file, recorded)

    def delete(self) -> None:
        """Delete both files."""
        for file in (self._state_file, self._outputs_file):
            file.unlink(missing_ok=True)
            _unfinished(file).unlink(missing_ok=True)


def _load(file: Path) -> dict[str, Any]:
    """Return the object in a file; empty if there is no such file, or no JSON object in it."""
    try:
        loaded = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _dump(file: Path, content: dict[str, Any]) -> None:
    """Replace a file at once: a reader, or a command after `kill -9`, finds the old or the new."""
    unfinished = _unfinished(file)
    unfinished.unlink(missing_ok=True)
    opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w") as written:
        json.dump(content, written, indent=2)
    unfinished.replace(file)


def _unfinished(file: Path) -> Path:
    return file.with_suffix(".json.new")


def _any(_: Any) -> bool:
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_port(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 2**16


def _is_server(value: Any) -> bool:
    match value:
        case {"pid": int(pid), "command": [*words], "port": port}:
            return pid > 1 and all(map(_is_text, words)) and _is_port(port)
    return False


def _is_object(is_value: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(is_value, value.values()))


_SHAPES: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("emulator", "gateway", "engine"), _is_server),
    **dict.fromkeys(("id", "directory", "secret", "search", "deployed", "served"), _is_text),
    "ports": _is_object(_is_port),
    "parameters": _is_object(_is_text),
}
