"""Which parts of the project the local stack and the shared tools may import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from project.template import ROOT

FORBIDDEN = {
    "local": {"bench", "ops", "src", "tests"},
    "project": {"bench", "local", "ops", "src", "tests"},
}


@pytest.mark.parametrize("part", FORBIDDEN)
def test_a_part_imports_only_the_parts_below_it(part: str) -> None:
    sources = sorted((ROOT / part).rglob("*.py"))

    found = {
        (str(source.relative_to(ROOT)), package)
        for source in sources
        for package in imported(source) & FORBIDDEN[part]
    }

    assert sources != []
    assert found == set()


def imported(source: Path) -> set[str]:
    """Return the names of the top-level packages that a module imports."""
    nodes = list(ast.walk(ast.parse(source.read_text())))
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {module.partition(".")[0] for module in modules}
