"""Download the jars of Java programs with Maven, once.

python -m project.maven NAME POM
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from project.commands import CommandFailed, run
from project.downloads import downloaded
from project.template import ROOT

JAVA = 17


def is_available() -> bool:
    """Return whether Maven and a JDK are installed. Some programs are sources, to be compiled."""
    if not (shutil.which("mvn") and shutil.which("java")):
        return False
    modules = ["java", "--list-modules"]
    found = subprocess.run(modules, capture_output=True, text=True, check=False).stdout
    compiler = re.search(r"^jdk\.compiler@(\d+)", found, re.MULTILINE)
    return compiler is not None and int(compiler[1]) >= JAVA


def fetch(name: str, pom: str) -> Path:
    """Return the folder with the jars that a pom.xml names. Raises CommandFailed."""

    def download(folder: Path, log: Path) -> None:
        mvn: list[str | Path] = ["mvn", "--batch-mode", "--quiet", "--file", ROOT / pom]
        run("mvn", [*mvn, "dependency:copy-dependencies", f"-DoutputDirectory={folder}"], log)

    return downloaded(name, pom, download)


if __name__ == "__main__":
    # Tests time out; downloads must not count.
    try:
        if is_available():
            fetch(*sys.argv[1:])
    except CommandFailed as error:
        sys.exit(str(error))
