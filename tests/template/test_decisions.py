"""The index of decisions and the files of the decisions agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.template import ROOT
from tests.template.markdown import headings, table

FOLDER = ROOT / "docs" / "decisions"

SECTIONS = ["Context", "Decision", "Alternatives", "Consequences"]


def test_index_and_files_of_the_decisions_agree() -> None:
    assert list(faults(FOLDER)) == []


def test_a_valid_folder_has_no_faults(tmp_path: Path) -> None:
    folder = decisions(tmp_path)

    assert list(faults(folder)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("README.md", "| [0002](0002-tea.md)", "\n[0002](0002-tea.md)", "README.md has no row for"),
        ("README.md", "0002-tea.md", "0002-milk.md", "README.md: no such file: 0002-milk.md"),
        ("README.md", "| Tea |", "| Milk |", "0002-tea.md: number"),
        ("README.md", "| 2026-01-02 |", "| 2026-01-03 |", "0002-tea.md: number"),
        ("README.md", "| accepted | S", "| superseded | S", "0002-tea.md: number"),
        ("0001-coffee.md", "# 0001. ", "# 0003. ", "the numbers are 2, 3, not 1, 2"),
        ("README.md", "[0002]", "[0003]", "0002-tea.md: number"),
        ("README.md", "|---|\n", "|---|\n| [0002](0002-tea.md) | x |\n", "README.md does not list"),
        ("0001-coffee.md", "# 0001. ", "# 0002. ", "0001-coffee.md has the number 0002"),
        ("0001-coffee.md", "(0002-tea.md)", "(0001-coffee.md)", "0001-coffee.md is superseded by"),
        ("0001-coffee.md", "## Decision", "## Verdict", "0001-coffee.md has the sections Verdict"),
        ("0002-tea.md", "- Date: 2026-01-02\n", "", "0002-tea.md does not begin with"),
    ],
)
def test_a_fault_is_found(file: str, old: str, new: str, fault: str, tmp_path: Path) -> None:
    folder = decisions(tmp_path)
    changed = (folder / file).read_text()
    assert old in changed
    (folder / file).write_text(changed.replace(old, new))

    assert any(found.startswith(fault) for found in faults(folder))


def decisions(folder: Path) -> Path:
    """Write a folder with two decisions, of which the second supersedes the first."""
    (folder / "0001-coffee.md").write_text(
        "# 0001. Coffee\n\n- Date: 2026-01-01\n- Status: superseded by [0002](0002-tea.md)\n\n"
        "## Decision\n\nCoffee.\n"
    )
    (folder / "0002-tea.md").write_text(
        "# 0002. Tea\n\n- Date: 2026-01-02\n- Status: accepted\n\n## Decision\n\nTea.\n"
    )
    (folder / "README.md").write_text(
        "# Decisions\n\n## Index\n\n"
        "| number | decision | date | status | in short |\n|---|---|---|---|---|\n"
        "| [0001](0001-coffee.md) | Coffee | 2026-01-01 | superseded by [0002](0002-tea.md) | C |\n"
        "| [0002](0002-tea.md) | Tea | 2026-01-02 | accepted | S |\n"
    )
    return folder


def faults(folder: Path) -> Iterator[str]:
    """Return what is wrong with a folder of decisions, one sentence per fault."""
    files = {file.name: file for file in sorted(folder.glob("*.md")) if file.name != "README.md"}
    rows = {link(row[0]): row[:4] for row in table(folder / "README.md", "Index")}
    yield from (f"README.md has no row for {name}" for name in files.keys() - rows.keys())
    yield from (f"README.md: no such file: {name}" for name in rows.keys() - files.keys())
    if list(rows) != sorted(rows):
        yield "README.md does not list the decisions in the order of their numbers"
    numbers = []
    for name, file in files.items():
        begin = re.match(
            r"# (\d{4})\. (.+)\n\n- Date: (\d{4}-\d\d-\d\d)\n- Status: (.+)\n\n## ",
            file.read_text(),
        )
        if begin is None:
            yield f"{name} does not begin with its number and title, date and status"
            continue
        number, title, date, status = begin.groups()
        numbers.append(int(number))
        if not name.startswith(f"{number}-"):
            yield f"{name} has the number {number}"
        if name in rows and rows[name] != [f"[{number}]({name})", title, date, status]:
            yield f"{name}: number, title, date or status differ from the index"
        if status != "accepted" and not (
            status.startswith("superseded by [") and link(status) in files and link(status) > name
        ):
            yield f"{name} is {status}, which is not a later decision"
        found = headings(file, level=2)
        if "Decision" not in found or found != [each for each in SECTIONS if each in found]:
            yield f"{name} has the sections {', '.join(found)}"
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        expected = ", ".join(str(number) for number in range(1, len(numbers) + 1))
        yield f"the numbers are {', '.join(map(str, sorted(numbers)))}, not {expected}"


def link(cell: str) -> str:
    """Return the target of the link in a cell."""
    return cell.rpartition("(")[2].rstrip(")")
