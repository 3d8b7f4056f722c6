"""Velocity 1.7 in a Java process that renders one template per line."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from local.gateway import velocity
from tests.harness.java import judge


class CannotRender(Exception):
    """Velocity cannot render a template."""


@dataclass(frozen=True)
class Rendered:
    """The rendered text, and the status that the template set, or an empty text."""

    text: str
    status: str


class Velocity17:
    """The Java process, with one line per request and per response."""

    def __init__(self, requests: IO[bytes], responses: IO[bytes]) -> None:
        self._requests = requests
        self._answers = responses

    def render(
        self,
        template: str,
        *,
        body: str,
        context: Mapping[str, Any],
        parameters: velocity.Parameters,
    ) -> Rendered:
        """Render a template. Raises CannotRender."""
        words = [template, body]
        for pair in _leaves({"context": context, **parameters}):
            words += pair
        self._requests.write(b" ".join(map(_written, words)) + b"\n")
        self._requests.flush()
        response = [_read(word) for word in self._answers.readline()[:-1].split(b" ")]
        if len(response) != 2:
            raise CannotRender(*response)
        return Rendered(*response)


@pytest.fixture(scope="session")
def velocity17() -> Iterator[Velocity17]:
    """The running engine. In CI, it must be available."""
    with judge("Velocity", Path(__file__).parent, "Renderer.java") as (requests, responses):
        yield Velocity17(requests, responses)


def _leaves(value: Any, *names: str) -> Iterator[tuple[str, str]]:
    """Yield names and values; all values are text, as on AWS, and None is left out."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, *names, name)
    elif value is not None:
        yield ".".join(names), str(value)


def _written(text: str) -> bytes:
    return b64encode(text.encode("utf-16-be", "surrogatepass"))


def _read(word: bytes) -> str:
    return b64decode(word).decode("utf-16-be", "surrogatepass")
