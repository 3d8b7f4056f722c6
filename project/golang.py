"""Build the tools that a go.mod names, once.

python -m project.golang NAME FOLDER
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from project.commands import run
from project.downloads import download_for_tests, downloaded
from project.template import ROOT

_OLDEST = (1, 21)
"""The first release of Go that downloads the release that a go.mod asks for."""


def is_available() -> bool:
    """Return whether a Go is installed that can build the tools."""
    if not (program := shutil.which("go")):
        return False
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= _OLDEST


def fetch(name: str, folder: str) -> Path:
    """Return the folder with the programs, which go.sum verifies. Raises CommandFailed."""
    source = ROOT / folder

    def build(filled: Path, log: Path) -> None:
        env = os.environ | {"GOBIN": str(filled), "GOFLAGS": "-mod=readonly"}
        run("go install", ["go", "-C", source, "install", "tool"], log, env)

    return downloaded(name, f"{folder}/go.sum", build)


if __name__ == "__main__":
    download_for_tests(is_available, fetch)
