"""docs/make-it-yours.md: whoever follows the list of a capability removes it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from project.template import ROOT
from tests.guides import removal
from tests.guides.checkout import Checkout
from tests.template.markdown import section

pytestmark = pytest.mark.timeout(900)

PAGE = ROOT / "docs" / "make-it-yours.md"

CAPABILITIES = re.findall(r"^### (.+)$", section(PAGE, "Remove a capability"), re.MULTILINE)

CODE = ["template.yaml", "src", "layers", "local", "ops", "bench", "tests", "web"]


# The list of live events includes the one of the web client, so CI carries out two lists.
CARRIED_OUT = [
    pytest.param(name, marks=pytest.mark.ci if name == "Live events" else pytest.mark.nightly)
    for name in CAPABILITIES
]


@pytest.mark.parametrize("capability", CARRIED_OUT)
def test_the_project_works_without_a_capability(capability: str, tmp_path: Path) -> None:
    checkout = Checkout.make(tmp_path)
    checkout.commit()
    removed = removal.removal(PAGE, capability)

    removed.apply(tmp_path)

    checkout.tool("ruff", "check", "--quiet", "--fix", "--select", "I,F401", ".")
    checkout.tool("ruff", "format", "--quiet", ".")
    checkout.tool("ruff", "check", ".")
    names = "|".join(removed.resources)
    left = checkout.run("git", "grep", "-nwE", names, "--", *CODE, check=False)
    assert left.stdout == ""
    checkout.check_types()
    tests = ["tests/template", "tests/guides/test_faults.py", *changed_unit_tests(checkout)]
    checkout.pytest("-m", "not slow", *tests)


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_everything_that_a_list_names_exists(capability: str, tmp_path: Path) -> None:
    Checkout.make(tmp_path)

    removal.removal(PAGE, capability).apply(tmp_path, run=False)


def changed_unit_tests(checkout: Checkout) -> list[str]:
    changed = checkout.run("git", "diff", "--name-only", "--diff-filter=M").stdout.split()
    return [path for path in changed if re.match(r"tests/unit/(.*/)?test_", path)]
