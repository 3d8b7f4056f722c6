"""Download the jars of Java programs with Maven, once, and verify them.

python -m project.maven NAME POM
python -m project.maven lock POM

Maven has no lock file. So `jars.sha256`, beside each pom.xml, names every jar with its digest, in
the format of sha256sum. `lock` writes it, from what Maven downloads now.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from project.commands import CommandFailed, run
from project.downloads import download_for_tests, downloaded
from project.template import ROOT

JAVA = 17
LOCK = "jars.sha256"


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
        _copy(pom, folder, log)
        verify(folder, ROOT / pom)

    return downloaded(name, pom, download)


def verify(folder: Path, pom: Path) -> None:
    """Compare the jars in a folder with the lock beside the pom.xml. Raises CommandFailed."""
    locked = set(pom.with_name(LOCK).read_text().splitlines())
    wrong = sorted({line.split()[1] for line in locked ^ set(digests(folder))})
    if wrong:
        raise CommandFailed(
            f"not the jars that {pom.with_name(LOCK)} names: {', '.join(wrong)}; if the versions "
            "in pom.xml have changed, run `.venv/bin/python -m project.maven lock` with its path"
        )


def digests(folder: Path) -> list[str]:
    """Return the jars in a folder with their digests, as sha256sum prints them."""
    return [
        f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}"
        for jar in sorted(folder.iterdir())
    ]


def lock(pom: Path) -> None:
    """Write the lock of a pom.xml. Raises CommandFailed."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary, "jars")
        _copy(str(pom), folder, Path(temporary, "mvn.log"))
        pom.with_name(LOCK).write_text("".join(f"{line}\n" for line in digests(folder)))


def _copy(pom: str, folder: Path, log: Path) -> None:
    mvn: list[str | Path] = ["mvn", "--batch-mode", "--quiet", "--file", ROOT / pom]
    run("mvn", [*mvn, "dependency:copy-dependencies", f"-DoutputDirectory={folder}"], log)


if __name__ == "__main__":
    if sys.argv[1] != "lock":
        download_for_tests(is_available, fetch)
        sys.exit()
    try:
        lock(Path(sys.argv[2]).resolve())
    except CommandFailed as error:
        sys.exit(str(error))
