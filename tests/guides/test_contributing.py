"""CONTRIBUTING.md: whoever follows an example gets green tests; a forgotten step is a red one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from project.template import ROOT
from tests.guides.checkout import Checkout
from tests.guides.examples import Example, example

# One worker makes the copies for all of these tests, which takes long on a busy machine.
pytestmark = [pytest.mark.xdist_group("contributing"), pytest.mark.timeout(600)]

PAGE = ROOT / "CONTRIBUTING.md"

ROUTE = example(PAGE, "Example 1: add a route")
FUNCTION = example(PAGE, "Example 2: add a function with a queue, a dead-letter queue and an alarm")
SETTING = example(PAGE, "Example 3: add a setting")

# The rules that notice forgotten steps. The cases of a rule other than `holds` only show that the
# rule notices breaches, which no example touches.
SUBJECTS = [
    "contract_routes",
    "documentation",
    "function_names",
    "functions",
    "queues",
    "routes",
    "stack",
]
RULES = [
    *(f"tests/template/test_{subject}.py" for subject in SUBJECTS),
    "tests/unit/test_orders.py",
    *("-k", "holds or sample_event or one_name or every_folder or receipt"),
]

# What notices that `make snapshot` was forgotten, which takes longer than all other rules.
RECORD = ["tests/template/test_snapshot.py", "-k", "recorded_one"]


@dataclass(frozen=True)
class Case:
    """An example, the example that it continues, and the unit tests of what it changes."""

    example: Example
    before: Example | None
    unit_tests: str

    def apply(self, root: Path, *, without: int | None = None) -> None:
        if self.before:
            self.before.apply(root)
        self.example.apply(root, without=without)


CASES = {
    "route": Case(ROUTE, None, "tests/unit/test_orders.py"),
    "function": Case(FUNCTION, None, "tests/unit/test_large_orders.py"),
    "setting": Case(SETTING, ROUTE, "tests/unit/test_orders.py"),
}

FORGOTTEN = [(name, step) for name in CASES for step in range(len(CASES[name].example.steps))]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, from which the others are copied."""
    folder = tmp_path_factory.mktemp("start")
    Checkout.make(folder)
    return folder


@pytest.mark.ci
@pytest.mark.parametrize("name", CASES)
def test_all_steps_of_an_example_pass_the_fast_tests(name: str, start: Path) -> None:
    case, checkout = CASES[name], Checkout(start.with_name(name))
    shutil.copytree(start, checkout.root)
    case.apply(checkout.root)
    changed = [path for path in case.example.paths if path.endswith(".py")]

    checkout.tool("ruff", "check", "--fix", "--select", "I", *changed)
    checkout.tool("ruff", "format", "--check", *changed)
    checkout.tool("ruff", "check", *changed)
    [output] = run_in_folders([checkout.root], "tests/template", case.unit_tests)

    assert " passed" in output
    assert " failed" not in output, output
    assert " error" not in output, output


@pytest.fixture(scope="module")
def printed(start: Path) -> dict[tuple[str, int], str]:
    """The output of the rules for each forgotten step."""
    folders = [start.with_name(f"{name}-without-{step + 1}") for name, step in FORGOTTEN]
    for (name, step), folder in zip(FORGOTTEN, folders, strict=True):
        shutil.copytree(start, folder)
        CASES[name].apply(folder, without=step)
    texts: dict[tuple[str, int], str] = {}
    for rules, are_commands in (RULES, False), (RECORD, True):
        chosen = {
            folder: forgotten
            for folder, forgotten in zip(folders, FORGOTTEN, strict=True)
            if CASES[forgotten[0]].example.is_command(forgotten[1]) == are_commands
        }
        texts |= zip(chosen.values(), run_in_folders(list(chosen), *rules), strict=True)
    return texts


def run_in_folders(folders: Sequence[Path], *arguments: str) -> list[str]:
    """Run pytest in each folder, and return its outputs."""
    runner = Path(__file__).with_name("pytest_in_folders.py")
    command = [sys.executable, str(runner), *map(str, folders), "--", *arguments]
    subprocess.run(command, check=True, capture_output=True)
    return [(folder / "pytest.log").read_text() for folder in folders]


@pytest.mark.ci
@pytest.mark.parametrize(("name", "step"), FORGOTTEN)
def test_a_forgotten_step_is_noticed(
    name: str, step: int, printed: dict[tuple[str, int], str]
) -> None:
    output = printed[name, step]

    assert CASES[name].example.if_forgotten[step] in output
    assert " failed" in output


@pytest.mark.parametrize("name", CASES)
def test_each_step_says_what_happens_if_it_is_forgotten(name: str) -> None:
    worked = CASES[name].example

    assert len(worked.if_forgotten) == len(worked.steps)
    assert all(worked.steps)
