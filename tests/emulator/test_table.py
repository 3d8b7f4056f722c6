"""The table of the differences from AWS, the tests of gaps and the changes belong together."""

from __future__ import annotations

import ast
import re

import pytest

from project.template import ROOT
from tests.emulator.gaps import modules, rows

CHANGES = ROOT / "local/emulator"
TESTS = ROOT / "tests/emulator"


def sources() -> dict[str, str]:
    """Return the docstring of each module or package of changes, by path."""
    found = [*CHANGES.glob("*.py"), *CHANGES.glob("*/__init__.py")]
    return {
        str((file.parent if file.name == "__init__.py" else file).relative_to(ROOT)): (
            ast.get_docstring(ast.parse(file.read_text())) or ""
        )
        for file in found
        if file.name != "__main__.py"
    }


def test_each_row_has_a_test_and_each_test_a_row() -> None:
    tests = "".join(file.read_text() for file in TESTS.glob("test_*_gaps.py"))

    assert set(re.findall(r'^@gap\("(.+)"\)$', tests, re.MULTILINE)) == set(rows())


@pytest.mark.parametrize("path", sources())
def test_each_change_says_whether_it_belongs_upstream(path: str) -> None:
    said = re.search(r"^Upstream: (yes|no)[,.]", sources()[path], re.MULTILINE)

    assert said, f"{path}: the docstring has no line that begins with `Upstream: yes` or `no`"


def test_each_change_that_belongs_upstream_is_in_the_table() -> None:
    linked = {path for how in rows().values() for path in modules(how)}
    upstream = {path for path, text in sources().items() if "\nUpstream: yes" in text}

    assert upstream <= linked
    assert linked <= set(sources())
