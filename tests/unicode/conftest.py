"""ICU in a Java process that answers one line per request."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from tests.harness.java import judge


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
    with judge("ICU", Path(__file__).parent, "Judge.java") as (requests, responses):
        yield Icu(requests, responses)
