"""What a changed file means for the running stack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LAYER = "layers/common/common"
"""The code of the layer. Every function uses it."""

_DEPLOYED = ("template.yaml", "samconfig.toml")


@dataclass(frozen=True, slots=True)
class Changes:
    """The functions whose own code has changed, and whether the layer's or more has."""

    functions: frozenset[str]
    layer: bool
    needs_deployment: bool
    faults: tuple[str, ...]

    @classmethod
    def of(cls, paths: Iterable[Path], root: Path) -> Changes:
        """Return what changed files and folders in the project's folder mean."""
        changed = {path.relative_to(root) for path in paths if path.is_relative_to(root)}
        code = {path for path in changed if not _is_deployed(path)}
        return cls(
            frozenset(p.parts[1] for p in code if p.parts[0] == "src" and len(p.parts) > 2),
            any(path.is_relative_to(LAYER) for path in code),
            changed != code,
            tuple(filter(None, (_fault(root, path) for path in sorted(code)))),
        )


def _is_deployed(path: Path) -> bool:
    """Whether a change takes effect only with a build and a deployment."""
    return (
        str(path) in _DEPLOYED
        or (path.parts[0] == "src" and path.name == "requirements.txt")
        or (path.parts[0] == "layers" and not path.is_relative_to(LAYER))
    )


def _fault(root: Path, path: Path) -> str:
    """The place and the text of a syntax error in a Python file; empty if there is none."""
    file = root / path
    if path.suffix != ".py" or not file.is_file():
        return ""
    try:
        compile(file.read_bytes(), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{path}:{error.lineno}: {error.msg}"
    except ValueError as error:  # a null byte
        return f"{path}: {error}"
    return ""
