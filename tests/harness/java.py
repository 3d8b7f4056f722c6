"""Java programs of others that judge our results, one line per request."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from project import maven
from project.template import ROOT


@contextmanager
def judge(name: str, folder: Path, program: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Run a program of a folder, with the libraries of its pom.xml. Yields its input and output.

    Without Maven and a JDK, the test is skipped. In CI, they must be available.
    """
    if not maven.is_available():
        missing = f"{name} needs Maven and a JDK {maven.JAVA} or newer (mvn and java on the path)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    jars = maven.fetch(name, str((folder / "pom.xml").relative_to(ROOT)))
    # Java starts faster with one compiler and one garbage collector.
    java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{jars}/*"]
    pipe = subprocess.PIPE
    with subprocess.Popen([*java, str(folder / program)], stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdin, process.stdout
        process.stdin.close()  # ends the process
