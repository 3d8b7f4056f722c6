"""What is recorded about a local stack, in two files in its directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.emulator_clients import Outputs


class State:
    """`stack.json` records how the stack runs; `outputs.json` is what its clients read."""

    def __init__(self, directory: Path) -> None:
        self._state_file = directory / "stack.json"
        self._outputs_file = directory / "outputs.json"

    @property
    def outputs_file(self) -> Path:
        """The path of `outputs.json`."""
        return self._outputs_file

    def load(self) -> dict[str, Any]:
        """Return all that is recorded; empty for a stack that is down."""
        return _load(self._state_file)

    def save(self, **changes: Any) -> None:
        """Record these values, which include a secret of the stack."""
        recorded = self.load() | changes
        self._state_file.touch(mode=0o600)
        _dump(self._state_file, recorded)

    def forget(self, name: str) -> None:
        """Remove a value."""
        _dump(self._state_file, {key: each for key, each in self.load().items() if key != name})

    def outputs(self) -> Outputs:
        """Return the outputs; empty for a stack that is down."""
        return _load(self._outputs_file)

    def save_outputs(self, **changes: str) -> None:
        """Record these outputs, which include credentials of the stack."""
        recorded = self.outputs() | changes
        self._outputs_file.touch(mode=0o600)
        _dump(self._outputs_file, recorded)

    def delete(self) -> None:
        """Delete both files."""
        for file in (self._state_file, self._outputs_file):
            file.unlink(missing_ok=True)


def _load(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return loaded


def _dump(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2))
