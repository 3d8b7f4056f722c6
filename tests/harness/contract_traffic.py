"""Every answer of a local stack in a test is as docs/openapi.yaml says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.gateway.contract import LOG, VARIABLE
from tests.harness.stack_errors import local_stacks

_read: dict[Path, int] = {}
"""How much of each log the tests so far have read."""


@contextmanager
def checked_answers() -> Iterator[None]:
    """Let the stacks that are started in this context check their answers."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, "1")
        yield


@pytest.fixture(autouse=True)
def documented_traffic(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test during which a local stack has sent what is not documented."""
    yield
    used = getattr(request.node, "funcargs", None) or {}
    stacks = local_stacks(used.values())
    problems = [line for each in stacks for line in _new_lines(Path(each["Directory"]) / LOG)]
    assert not problems, "\n".join(dict.fromkeys(problems))


def _new_lines(log: Path) -> list[str]:
    if not log.exists():
        return []
    with log.open() as file:
        file.seek(_read.get(log, 0))
        lines = file.read().splitlines()
        _read[log] = file.tell()
    return lines
