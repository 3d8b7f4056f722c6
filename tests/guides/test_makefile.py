"""The make targets that no other test runs, with stand-ins for the tools that they start."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from project.template import ROOT
from tests.guides.checkout import Checkout

ENVIRONMENTS = (".local/uv", ".venv", ".local/sam", ".local/emulator")

TOOL = """#!/bin/sh
echo "$(basename "$0") $*" >> calls
"""


@pytest.fixture
def project(tmp_path: Path) -> Checkout:
    """A folder with the Makefile, one function and tools that write down how they are called."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    files = ["pyproject.toml", "uv.lock", "src/orders/app.py", "layers/common/requirements.txt"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for folder in ENVIRONMENTS:  # later, so that nothing is installed
        make_tool(tmp_path / folder / "bin" / "python")
        (tmp_path / folder / ".installed").write_text(f"{tmp_path}\n")
    for name in ("uv/bin/uv", "uv/bin/python3.13", "sam/bin/sam"):
        make_tool(tmp_path / ".local" / name)
    for name in ("ruff", "mypy"):
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


def test_an_installed_environment_is_not_installed_again(project: Checkout) -> None:
    assert calls(project, "down") == ["python -m local.stack down"]


def test_a_moved_folder_is_set_up_again(project: Checkout, tmp_path: Path) -> None:
    """fault 67"""
    moved = Checkout(tmp_path.rename(tmp_path.with_name("moved and renamed")))

    assert calls(moved, "up") == [
        *(f"python3.13 -m project.environments {folder}" for folder in ENVIRONMENTS),
        "python -m local.stack up",
    ]


@pytest.mark.parametrize("folder", ENVIRONMENTS)
def test_an_environment_without_its_python_is_installed_again(
    project: Checkout, folder: str
) -> None:
    """fault 67"""
    python = project.root / folder / "bin" / "python"
    python.unlink()
    python.symlink_to("/a/python/that/was/removed")

    project.run("make", "up", check=False)

    installed = f"python3.13 -m project.environments {folder}"
    assert (project.root / "calls").read_text().splitlines()[0] == installed


def test_every_target_has_a_help_text(project: Checkout) -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    [phony] = [line for line in makefile.splitlines() if line.startswith(".PHONY:")]

    output = project.run("make", "--no-print-directory", "help").stdout

    documented = {line.split()[1] for line in output.splitlines()}
    assert documented == {*phony.split()[1:]} - {"help"}
