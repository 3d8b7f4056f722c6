"""Download the libraries of JavaScript programs with npm, once.

python -m project.npm NAME FOLDER
"""

from __future__ import annotations

import shutil
from pathlib import Path

from project.commands import run
from project.downloads import download_for_tests, downloaded
from project.template import ROOT


def is_available() -> bool:
    """Return whether Node and npm are installed."""
    return all(map(shutil.which, ("node", "npm")))


def fetch(name: str, folder: str) -> Path:
    """Return the `node_modules` that the lock file in a folder names. Raises CommandFailed."""

    def download(filled: Path, log: Path) -> None:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / folder / file, filled)
        npm: list[str | Path] = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        run("npm", [*npm, "--prefix", filled], log)

    return downloaded(name, f"{folder}/package-lock.json", download) / "node_modules"


if __name__ == "__main__":
    download_for_tests(is_available, fetch)
