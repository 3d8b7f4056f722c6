"""docs/faults.md: each tested line is named by a test, and each name in a test is a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from project.template import ROOT
from tests.template.markdown import table

PAGE = ROOT / "docs" / "faults.md"

LINES = {int(number): status for number, *_, status in table(PAGE, "The list")}


def named() -> Iterator[tuple[int, str]]:
    """The numbers of faults that tests name, alone or in a list, with the files."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for numbers in re.findall(r"\bfaults? (\d+(?:(?:,|, and| and) \d+)*)", path.read_text()):
            for number in re.findall(r"\d+", numbers):
                yield int(number), str(path.relative_to(ROOT))


def test_the_lines_are_in_the_order_of_their_numbers() -> None:
    """A line that is removed with a capability leaves a gap, because a number never changes."""
    assert list(LINES) == sorted(LINES)


def test_every_tested_line_is_named_by_a_test() -> None:
    numbers = {number for number, _ in named()}

    tested = {number for number, status in LINES.items() if status == "tested"}
    assert tested - numbers == set(), "no test names these lines, so their status is open"


def test_no_open_line_is_named_by_a_test() -> None:
    open_lines = {number for number, status in LINES.items() if status == "open"}

    found = [f"{path}: fault {number}" for number, path in named() if number in open_lines]
    assert found == [], "these lines have a test, so their status is tested"


def test_every_fault_in_a_test_is_a_line() -> None:
    unknown = [f"{path}: fault {number}" for number, path in named() if number not in LINES]

    assert unknown == []


def test_every_status_is_one_of_two() -> None:
    assert set(LINES.values()) <= {"tested", "open"}
