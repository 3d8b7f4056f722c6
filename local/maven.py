"""Programs for Java that run on this machine: Maven fetches their jars, once."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from local.deployment import StackFailed, run
from local.digest import digest
from local.template import ROOT

JAVA = 17


def is_at_hand() -> bool:
    """Whether Maven is there, and Java with its compiler, since some programs are sources."""
    if not (shutil.which("mvn") and shutil.which("java")):
        return False
    modules = ["java", "--list-modules"]
    found = subprocess.run(modules, capture_output=True, text=True, check=False).stdout
    compiler = re.search(r"^jdk\.compiler@(\d+)", found, re.MULTILINE)
    return compiler is not None and int(compiler[1]) >= JAVA


def fetch(name: str, pom: str) -> Path:
    """The folder of the jars that a pom.xml of ours names. Raises StackFailed."""
    fetched = ROOT / ".local" / name.lower()
    jars = fetched / digest(pom)[:16]
    fetched.mkdir(parents=True, exist_ok=True)
    with (fetched / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.exists():
            print(f"fetching {name}")
            with TemporaryDirectory(dir=fetched) as half:
                mvn: list[str | Path] = ["mvn", "--batch-mode", "--quiet", "--file", ROOT / pom]
                goal = ["dependency:copy-dependencies", f"-DoutputDirectory={half}/jars"]
                run("mvn", [*mvn, *goal], fetched / "fetch.log")
                Path(half, "jars").rename(jars)
    return jars


if __name__ == "__main__":
    # The tests' time is limited, and the network's is not.
    try:
        if is_at_hand():
            fetch(*sys.argv[1:])
    except StackFailed as error:
        sys.exit(str(error))
