"""What a test of a gap is: it passes as long as the emulator differs from AWS."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

import pytest

from project.template import ROOT
from tests.template.markdown import section

PAGE = ROOT / "docs/local-development.md"


def rows() -> dict[str, str]:
    """Return the table of the differences from AWS: what differs, and how."""
    text = section(PAGE, "Differences from AWS").partition("\n### ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {what: how for what, how, *_ in cells}


def modules(how: str) -> list[str]:
    """Return the modules of local/emulator that a cell of the table links."""
    return re.findall(r"\]\(\.\./(local/emulator/[\w./]+)\)", how)


def gap[**P](row: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Mark a test of this row. It asserts what the emulator does without local/emulator.

    If it fails, in whatever way, the emulator has changed. The test then says what to remove.
    """

    def decorate(test: Callable[P, None]) -> Callable[P, None]:
        @wraps(test)
        def checked(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                test(*args, **kwargs)
            except (Exception, pytest.fail.Exception) as error:  # also an error of a client
                closed = " and ".join(["the row", *modules(rows()[row])])
                raise AssertionError(
                    f"the emulator may have closed a gap of {row!r}: if so, remove {closed}"
                ) from error

        return checked

    return decorate
