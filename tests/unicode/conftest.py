"""ICU in a Java process that answers one line per request."""

from __future__ import annotations

import os
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import pytest

from project import maven
from project.template import ROOT

MISSING = f"ICU needs Maven and a JDK {maven.JAVA} or newer (mvn and java on the path)"


@dataclass(frozen=True)
class Judgement:
    """What ICU says about a name."""

    skeleton: str
    is_highly_restrictive: bool
    repeats_no_mark: bool


class Icu:
    """The Java process, with one line per request."""

    def __init__(self, requests: IO[bytes], responses: IO[bytes]) -> None:
        self._requests = requests
        self._answers = responses

    def judge(self, name: str) -> Judgement:
        self._send(b64encode(name.encode("utf-16-be")))
        skeleton, restrictive, visible = (
            self._answers.readline().decode().removesuffix("\n").split(" ")
        )
        return Judgement(
            b64decode(skeleton).decode("utf-16-be"), restrictive == "true", visible == "true"
        )

    def unicode_version(self) -> str:
        self._send(b"unicode")
        return self._answers.readline().decode().strip()

    def table(self, name: str) -> list[str]:
        """The lines of a table: `confusables`, `scripts` or `ignorables`."""
        self._send(name.encode())
        return [line.decode().strip() for line in iter(self._answers.readline, b"\n")]

    def _send(self, line: bytes) -> None:
        self._requests.write(line + b"\n")
        self._requests.flush()


@pytest.fixture(scope="session")
def icu() -> Iterator[Icu]:
    """The running process. In CI, it must be available."""
    if not maven.is_available():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    jars = maven.fetch("ICU", "tests/unicode/pom.xml")
    # Java starts faster with one compiler and one garbage collector.
    java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{jars}/*"]
    command = [*java, str(ROOT / "tests/unicode/Judge.java")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Icu(process.stdin, process.stdout)
        process.stdin.close()  # ends the process
