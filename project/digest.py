"""Detect changes in parts of the project."""

from __future__ import annotations

import hashlib
from pathlib import Path

from project.template import ROOT


def digest(*parts: str) -> str:
    """Return a digest of all files in these parts. Each part is a file or a folder."""
    found = hashlib.sha256()
    for path in sorted(file for part in parts for file in _files(ROOT / part)):
        found.update(f"{path.relative_to(ROOT)} {path.stat().st_size}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _files(part: Path) -> list[Path]:
    paths = part.rglob("*") if part.is_dir() else [part]
    return [path for path in paths if path.is_file() and path.suffix != ".pyc"]
