"""Removal: what each kind of row of docs/make-it-yours.md deletes, and what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guides import deletions, removal
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
    assert deletions.without_keys(TEMPLATE, [name]) == TEMPLATE.replace(deleted, "", 1)


def test_a_key_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such key: Fourth"):
        deletions.without_keys(TEMPLATE, ["Fourth"])


@pytest.mark.parametrize("name", ["First", "Second", "Third"])
def test_a_metric_is_deleted_with_its_comma(name: str) -> None:
    text = '[[".", "${First}"], [".", "${Second}"],\n [".", "${Third}", {"stat": "p99"}]]'

    left = deletions.without_metrics(text, [name])

    assert name not in left
    assert left.count("${") == 2
    assert left.count("],") == 1
    assert left.endswith("]]")


def test_a_function_is_deleted_with_its_decorators() -> None:
    code = (
        "import a\n\n\n@a.b\n@a.c(1)\nasync def first():\n    pass\n\n\ndef second():\n    pass\n"
    )

    left = deletions.without_definitions(code, ["first"])

    assert left.split() == ["import", "a", "def", "second():", "pass"]


@pytest.mark.parametrize("kind", sorted(deletions.DELETE))
def test_what_is_not_there_cannot_be_deleted(kind: str) -> None:
    with pytest.raises((LookupError, ValueError)):
        deletions.DELETE[kind]("a: 1\n", ["missing"])


def test_a_row_of_a_table_is_found_by_its_first_cell() -> None:
    text = "| `a` | b |\n| b | `a` |\n"

    assert deletions.without_rows(text, ["a"]) == "| b | `a` |\n"


def test_words_are_deleted_by_section_and_by_key() -> None:
    text = """export const words = {
  tea: {
    title: "Tea",
  },
  cups: {
    title: "Cups",
    of: (tea) => [
      "a cup of ", tea,
    ],
    empty:
      "The cup is empty.",
  },
};
"""

    left = deletions.without_words(text, ["tea", "cups.of", "cups.empty"])

    assert left == 'export const words = {\n  cups: {\n    title: "Cups",\n  },\n};\n'


def test_a_section_is_deleted_up_to_the_next_heading() -> None:
    text = "# A\n\n## B\n\nb\n\n### C\n\nc\n\n## D\n"

    assert deletions.without_sections(text, ["B"]) == "# A\n\n## D\n"


def test_a_section_of_the_third_level_ends_at_the_next_one() -> None:
    text = "# A\n\n### B\n\nb\n\n#### C\n\n### D\n\nd\n"

    assert deletions.without_sections(text, ["B"]) == "# A\n\n### D\n\nd\n"


def test_a_resource_is_deleted_with_its_metric_its_alarm_and_its_permissions(
    tmp_path: Path,
) -> None:
    (tmp_path / "docs").mkdir()
    files = {
        "template.yaml": 'Tea: {A: b}\nMilk: ["x", "${Milk}"]\nC:\n  [["${Tea}"], ["${Cup}"]]\n',
        "docs/operations.md": "| `Tea` | a |\n| `Cup` | b |\n",
        "docs/permissions.md": "| f | Get | Tea/index |\n| f | Get | Cup |\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    removal.remove_resource(tmp_path, "Tea")

    left = {name: (tmp_path / name).read_text() for name in files}
    assert left == {
        "template.yaml": 'Milk: ["x", "${Milk}"]\nC:\n  [ ["${Cup}"]]\n',
        "docs/operations.md": "| `Cup` | b |\n",
        "docs/permissions.md": "| f | Get | Cup |\n",
    }


def test_only_links_that_lead_nowhere_become_plain_text(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n[a](gone.md), [b](#page), [c](page.md#gone), [d](https://d.example)\n"
    )

    removal.unlink(page)

    assert page.read_text() == "# Page\n\na, [b](#page), c, [d](https://d.example)\n"


@pytest.mark.parametrize("lines", ["other\n", "line\nline\n"])
def test_a_change_needs_exactly_one_place(lines: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(lines)

    with pytest.raises(ValueError, match=r"file has these lines \d times, not once"):
        Block("file", "diff", " line\n+more\n").apply(tmp_path)


def test_a_change_adds_and_removes_lines(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a\nb\nc\nd\n")

    Block("file", "diff", "-a\n b\n+B\n@@\n-d\n").apply(tmp_path)

    assert (tmp_path / "file").read_text() == "b\nB\nc\n"
