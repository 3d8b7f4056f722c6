"""Removal: what each kind of row of docs/make-it-yours.md deletes, and what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guides import removal
from tests.guides.examples import Block

TEMPLATE = """\
Resources:
  # The first one.
  First:
    Type: A
    Events:
      Queue: {Type: SQS}
      Stream:
        Type: DynamoDB

  # ---- Banner ------

  Second: &Anchor
    Type: B

  # The third one.
  Third: *Anchor

  Last: {Type: C}
"""


@pytest.mark.parametrize(
    ("name", "deleted"),
    [
        ("Third", "  # The third one.\n  Third: *Anchor\n\n"),
        ("Last", "  Last: {Type: C}\n"),
        ("Events.Queue", "      Queue: {Type: SQS}\n"),
        ("Stream", "      Stream:\n        Type: DynamoDB\n"),
        (
            "First.Events",
            TEMPLATE[TEMPLATE.index("    Events") : TEMPLATE.index("\n  # ----")],
        ),
        ("First", TEMPLATE[TEMPLATE.index("  # The first") : TEMPLATE.index("\n  # ----")]),
    ],
)
def test_a_key_is_deleted_with_its_comment_and_what_is_below_it(name: str, deleted: str) -> None:
    assert removal.without_keys(TEMPLATE, [name]) == TEMPLATE.replace(deleted, "", 1)


def test_a_key_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is no key Fourth"):
        removal.without_keys(TEMPLATE, ["Fourth"])


@pytest.mark.parametrize("name", ["First", "Second", "Third"])
def test_a_metric_is_deleted_with_its_comma(name: str) -> None:
    text = '[[".", "${First}"], [".", "${Second}"],\n [".", "${Third}", {"stat": "p99"}]]'

    left = removal.without_metrics(text, [name])

    assert name not in left
    assert left.count("${") == 2
    assert left.count("],") == 1
    assert left.endswith("]]")


def test_a_function_is_deleted_with_its_decorators() -> None:
    code = (
        "import a\n\n\n@a.b\n@a.c(1)\nasync def first():\n    pass\n\n\ndef second():\n    pass\n"
    )

    left = removal.without_functions(code, ["first"])

    assert left.split() == ["import", "a", "def", "second():", "pass"]


@pytest.mark.parametrize("kind", sorted(removal.REMOVE))
def test_what_is_not_there_cannot_be_deleted(kind: str) -> None:
    with pytest.raises((LookupError, ValueError)):
        removal.REMOVE[kind]("a: 1\n", ["missing"])


def test_a_row_of_a_table_is_found_by_its_first_cell() -> None:
    text = "| `a` | b |\n| b | `a` |\n"

    assert removal.without_rows(text, ["a"]) == "| b | `a` |\n"


def test_a_section_is_deleted_up_to_the_next_heading() -> None:
    text = "# A\n\n## B\n\nb\n\n### C\n\nc\n\n## D\n"

    assert removal.without_sections(text, ["B"]) == "# A\n\n## D\n"


@pytest.mark.parametrize("lines", ["other\n", "line\nline\n"])
def test_a_change_needs_exactly_one_place(lines: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(lines)

    with pytest.raises(ValueError, match=r"file has these lines \d times, not once"):
        Block("file", "diff", " line\n+more\n").apply(tmp_path)


def test_a_change_adds_and_removes_lines(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a\nb\nc\nd\n")

    Block("file", "diff", "-a\n b\n+B\n@@\n-d\n").apply(tmp_path)

    assert (tmp_path / "file").read_text() == "b\nB\nc\n"
