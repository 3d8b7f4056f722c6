"""Folders that are downloaded once, into `.local`."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from project.commands import CommandFailed
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


def download_for_tests(is_available: Callable[[], bool], fetch: Callable[..., Path]) -> None:
    """Fetch what the program's arguments name, before the tests: they time out, this does not."""
    try:
        if is_available():
            fetch(*sys.argv[1:])
    except CommandFailed as error:
        sys.exit(str(error))
