"""The make targets that no other test runs, with stand-ins for the tools that they start."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from project.template import ROOT
from tests.guides.checkout import Checkout

TOOL = """#!/bin/sh
echo "$(basename "$0") $*" >> calls
"""


@pytest.fixture
def project(tmp_path: Path) -> Checkout:
    """A folder with the Makefile, one function and tools that write down how they are called."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    files = ["pyproject.toml", "uv.lock", "src/orders/app.py", "layers/common/requirements.txt"]
    installed = [f"{folder}/.installed" for folder in (".venv", ".local/sam", ".local/emulator")]
    for name in files + installed:  # in this order, so that nothing is installed
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("uv/bin/uv", "sam/bin/sam"):
        make_tool(tmp_path / ".local" / name)
    for name in ("ruff", "mypy", "python"):
        make_tool(tmp_path / ".venv" / "bin" / name)
    return Checkout(tmp_path)


def make_tool(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TOOL)
    path.chmod(0o755)


def calls(project: Checkout, *arguments: str) -> list[str]:
    """Run make, and return how it called the tools."""
    project.run("make", *arguments)
    return (project.root / "calls").read_text().splitlines()


def test_check_ignores_a_folder_that_only_holds_bytecode(project: Checkout) -> None:
    (project.root / "src" / "deleted" / "__pycache__").mkdir(parents=True)

    checked = [call for call in calls(project, "check") if call.startswith("mypy src/")]

    assert checked == ["mypy src/orders/"]


def test_check_fails_if_the_types_of_a_function_are_wrong(project: Checkout) -> None:
    mypy = project.root / ".venv" / "bin" / "mypy"
    mypy.write_text('#!/bin/sh\ncase "$1" in src/*) exit 1;; esac\n')

    assert project.run("make", "check", check=False).returncode != 0


def test_lock_keeps_versions_and_upgrade_does_not(project: Checkout) -> None:
    locked = calls(project, "lock")
    (project.root / "calls").unlink()
    upgraded = calls(project, "upgrade")

    assert [call for call in locked if "lock" in call.split()] == ["uv lock"]
    assert [call for call in upgraded if "lock" in call.split()] == ["uv lock --upgrade"]


def test_the_fast_tests_are_the_unit_and_template_tests(project: Checkout) -> None:
    [call] = calls(project, "test-fast", "ARGS=-k receipt")

    assert call.endswith(" tests/unit tests/template -k receipt")


def test_a_name_with_spaces_is_one_argument(project: Checkout) -> None:
    python = project.root / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\nfor each; do echo "$each" >> calls; done\n')

    arguments = calls(project, "rename", "NAME=Corner Store", "DRY_RUN=1")

    assert arguments == ["-m", "ops.rename", "--dry-run", "Corner Store"]


def test_every_target_has_a_help_text(project: Checkout) -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    [phony] = [line for line in makefile.splitlines() if line.startswith(".PHONY:")]

    output = project.run("make", "--no-print-directory", "help").stdout

    documented = {line.split()[1] for line in output.splitlines()}
    assert documented == {*phony.split()[1:]} - {"help"}
