"""A virtual environment is installed once, by one command, and again if it does not work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.stack_probe import wait_for
from project.environments import STAMP, commands, locked_uv
from project.template import ROOT

pytestmark = pytest.mark.slow

# Stands in for uv: makes an environment with a Python, and writes down that it was called. It works
# while there is a file `hold`, and fails if there is a file `full`.
UV = f"""#!/bin/sh
echo "$*" >> calls
mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
ln -sf {sys.executable} "$UV_PROJECT_ENVIRONMENT/bin/python"
while [ -e hold ]; do sleep 0.02; done
[ ! -e full ]
"""


LOCK = """
[[package]]
name = "uv"
version = "1.2.3"
wheels = [{ hash = "sha256:aa" }, { hash = "sha256:bb" }]
"""


class Project:
    """A folder with uv.lock and the stand-in for uv."""

    def __init__(self, root: Path) -> None:
        self.root = root
        uv = root / ".local/uv/bin/uv"
        uv.parent.mkdir(parents=True)
        uv.write_text(UV)
        uv.chmod(0o755)
        for name in ("uv.lock", "pyproject.toml"):
            (root / name).touch()

    def start(self, environment: str = ".venv") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "project.environments", environment],
            cwd=self.root,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def install(self, environment: str = ".venv") -> tuple[int, str]:
        """Install an environment. Returns the exit status and the output."""
        started = self.start(environment)
        output, _ = started.communicate()
        return started.returncode, output

    def calls(self) -> list[str]:
        """How uv was called."""
        return (self.root / "calls").read_text().splitlines()


def first_line(started: subprocess.Popen[str]) -> str:
    assert started.stdout
    return started.stdout.readline().rstrip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")


def test_an_environment_is_installed_once(project: Project) -> None:
    first, second = [project.install() for _ in range(2)]

    assert first == (0, "installing .venv\n")
    assert second == (0, "")
    assert project.calls() == ["sync --quiet --frozen"]


def test_a_tool_is_installed_from_the_group_with_its_name(project: Project) -> None:
    project.install(".local/sam")

    assert project.calls() == ["sync --quiet --frozen --only-group sam"]


def test_two_commands_at_once_install_once(project: Project) -> None:
    """fault 67"""
    (project.root / "hold").touch()
    both = [project.start() for _ in range(2)]

    assert sorted(first_line(each) for each in both) == [
        "installing .venv",
        "waiting for another make, which installs in this folder",
    ]
    (project.root / "hold").unlink()
    assert [each.communicate()[0] for each in both] == ["", ""]
    assert [each.returncode for each in both] == [0, 0]
    assert len(project.calls()) == 1


def test_a_new_lock_file_changes_the_environment_and_keeps_the_rest(project: Project) -> None:
    project.install()
    (project.root / ".venv/kept").touch()
    later = (project.root / ".venv" / STAMP).stat().st_mtime + 1
    os.utime(project.root / "uv.lock", (later, later))

    project.install()

    assert len(project.calls()) == 2
    assert (project.root / ".venv/kept").exists()


def move(project: Project) -> None:
    project.root = project.root.rename(project.root.with_name("moved"))


def remove_python(project: Project) -> None:
    python = project.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/a/python/that/was/removed")


def fail_half_way(project: Project) -> None:
    (project.root / ".venv" / STAMP).unlink()
    (project.root / "full").touch()
    assert project.install() == (1, "installing .venv\n.venv cannot be installed\n")
    (project.root / "full").unlink()


@pytest.mark.parametrize("break_it", [move, remove_python, fail_half_way])
def test_a_broken_environment_is_installed_from_scratch(
    project: Project, break_it: Callable[[Project], None]
) -> None:
    """fault 67"""
    project.install()
    (project.root / ".venv/old").touch()

    break_it(project)

    assert project.install() == (0, "installing .venv\n")
    assert not (project.root / ".venv/old").exists()
    assert project.install() == (0, "")


def test_a_command_that_was_killed_leaves_the_lock_to_its_uv(project: Project) -> None:
    """fault 67"""
    (project.root / "hold").touch()
    first = project.start()
    assert first_line(first) == "installing .venv"
    wait_for("uv", (project.root / "calls").exists)
    first.kill()

    second = project.start()

    assert first_line(second).startswith("waiting for another make")
    (project.root / "hold").unlink()
    second.communicate()
    assert second.returncode == 0
    first.communicate()


@pytest.mark.parametrize(("status", "option"), [(0, "--without-pip"), (1, ".local/uv")])
def test_uv_is_installed_with_the_pip_of_python_if_it_has_one(
    status: int, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "_base_executable", str(python))

    (tmp_path / "uv.lock").write_text(LOCK)

    first, install = commands(".local/uv", tmp_path)

    assert first[:4] == [str(python), "-m", "venv", option]
    assert "--require-hashes" in install
    assert Path(install[-1]).read_text() == "uv==1.2.3 --hash=sha256:aa --hash=sha256:bb\n"


def test_uv_is_locked_with_the_hashes_of_its_wheels() -> None:
    requirement = locked_uv((ROOT / "uv.lock").read_text())

    assert re.fullmatch(r"uv==[0-9.]+( --hash=sha256:[0-9a-f]{64})+\n", requirement)
