"""exiftool, which knows more about metadata than any other program: what it finds in files."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from project import npm

_FOLDER = "tests/exiftool"
_GROUPS = ("-EXIF:all", "-GPS:all", "-IPTC:all", "-XMP:all")

type Tag = tuple[str, str, Any]
"""Group, name and value."""


def is_available() -> bool:
    """Whether exiftool can be installed and run."""
    return npm.is_available() and shutil.which("perl") is not None


def command() -> list[str]:
    """The command of exiftool, which is installed if necessary."""
    program = npm.fetch("ExifTool", _FOLDER) / "exiftool-vendored.pl" / "bin" / "exiftool"
    return ["perl", str(program)]


def tags(files: Iterable[Path]) -> dict[Path, list[Tag]]:
    """The EXIF, GPS, IPTC and XMP tags that exiftool finds in files, without binary values."""
    names = "\n".join(map(str, files))
    arguments = ["-j", "-n", "-G1", "-struct", "-q", "-m", *_GROUPS, "-@", "-"]
    run = subprocess.run([*command(), *arguments], input=names.encode(), capture_output=True)
    found = json.loads(run.stdout or "[]")  # it also fails if it cannot read one of the files
    return {Path(each.pop("SourceFile")): list(_tags(each)) for each in found}


def _tags(found: dict[str, Any]) -> Iterator[Tag]:
    for tag, value in found.items():
        group, _, name = tag.rpartition(":")
        if group and not (isinstance(value, str) and value.startswith("(Binary data ")):
            yield group, name, value
