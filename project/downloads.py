"""Folders that are downloaded once, into `.local`."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from project.digest import digest
from project.template import ROOT


def downloaded(name: str, sources: str, download: Callable[[Path, Path], None]) -> Path:
    """Return the folder that `download` fills, a new one after a change of the sources.

    `sources` is a file or a folder of the repository. `download` gets an empty folder and the path
    of a log.
    """
    kept = ROOT / ".local" / name.lower()
    folder = kept / digest(sources)[:16]
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            print(f"downloading {name}")
            with TemporaryDirectory(dir=kept) as incomplete:
                filled = Path(incomplete, "filled")
                filled.mkdir()
                download(filled, kept / "fetch.log")
                filled.rename(folder)
    return folder
