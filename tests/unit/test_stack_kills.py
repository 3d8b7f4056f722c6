"""A local stack survives everything that happens to its processes, files and folder (fault 67)."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.stand_ins import StandInProject

ADDRESSES = ("Endpoint", "GatewayUrl")

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[StandInProject]:
    yield from stopped_at_the_end(StandInProject.make(tmp_path / "project"))


@pytest.fixture
def other(tmp_path: Path) -> Iterator[StandInProject]:
    yield from stopped_at_the_end(StandInProject.make(tmp_path / "other"))


def stopped_at_the_end(project: StandInProject) -> Iterator[StandInProject]:
    yield project
    for process in project.processes():
        process.kill()


def until(what: str, condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"not within a minute: {what}"
        time.sleep(0.02)


def outputs(project: StandInProject) -> dict[str, str]:
    found: dict[str, str] = json.loads((project.root / ".local/outputs.json").read_text())
    return found


def assert_up_and_down_work(project: StandInProject) -> None:
    status, output = project.stack("up")
    assert status == 0, output
    assert outputs(project)["GatewayUrl"] in output
    assert len(project.processes()) == 3  # the emulator with a child, and the gateway
    assert project.stack("down") == (0, "")
    assert project.processes() == []


@pytest.mark.parametrize(
    ("command", "distance"),
    [
        ("up", 5),
        ("down", 1),
    ],
)
def test_a_command_can_be_killed_at_any_step(
    project: StandInProject, command: str, distance: int
) -> None:
    """fault 67"""
    status, output = project.run("killed.py", command, "1", str(distance))

    assert status == 0, output
    assert int(output) > 5


def test_down_stops_the_sam_cli_of_a_command_that_was_killed(project: StandInProject) -> None:
    """fault 67"""
    (project.root / "slow").touch()
    starting = project.start("-m", "local.stack", "up")
    until("SAM CLI runs", (project.root / "waiting").exists)
    starting.kill()
    starting.wait()
    assert len(project.processes()) >= 2  # SAM CLI and the emulator

    project.stack("down")

    assert project.processes() == []
    (project.root / "slow").unlink()
    assert_up_and_down_work(project)


@pytest.mark.parametrize("server", ["emulator", "gateway"])
def test_a_server_can_be_killed(project: StandInProject, server: str) -> None:
    """fault 67"""
    project.stack("up")

    os.kill(project.pid(server), signal.SIGKILL)

    assert_up_and_down_work(project)


@pytest.mark.parametrize("lost", ["stack.json", "outputs.json", ""])
def test_down_stops_everything_after_its_files_are_deleted(
    project: StandInProject, lost: str
) -> None:
    """fault 67"""
    project.stack("up")

    remove(project.root / ".local" / lost)
    project.stack("down")

    assert project.processes() == []


@pytest.mark.parametrize("lost", ["stack.json", "outputs.json"])
def test_up_works_after_its_files_are_deleted(project: StandInProject, lost: str) -> None:
    """fault 67"""
    project.stack("up")

    remove(project.root / ".local" / lost)

    assert_up_and_down_work(project)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def test_a_stack_starts_again_after_its_folder_was_moved(
    project: StandInProject, tmp_path: Path
) -> None:
    """fault 67"""
    project.stack("up")
    before = project.pid("emulator")
    moved = StandInProject(project.root.rename(tmp_path / "moved"))

    status, output = moved.stack("up")

    assert status == 0, output
    assert moved.pid("emulator") != before
    assert project.processes() == []
    assert outputs(moved)["Directory"] == str(moved.root / ".local")
    assert_up_and_down_work(moved)


def test_down_in_a_copy_of_the_folder_leaves_the_original_alone(
    project: StandInProject, tmp_path: Path
) -> None:
    """fault 67"""
    project.stack("up")
    copy = StandInProject(shutil.copytree(project.root, tmp_path / "copy", symlinks=True))

    copy.stack("down")

    assert len(project.processes()) == 3


def test_a_second_command_in_one_folder_waits_for_the_first(project: StandInProject) -> None:
    """fault 67"""
    (project.root / "slow").touch()
    first = project.start("-m", "local.stack", "up")
    until("SAM CLI runs", (project.root / "waiting").exists)

    second = project.start("-m", "local.stack", "up")
    assert second.stdout
    line = second.stdout.readline()
    (project.root / "slow").unlink()
    for each in (first, second):
        each.communicate()

    local = project.root / ".local"
    assert line == f"waiting for another command that starts or stops the stack in {local}\n"
    assert [first.returncode, second.returncode] == [0, 0]
    assert len(project.processes()) == 3


def test_two_folders_at_the_same_time_have_a_stack_each(
    project: StandInProject, other: StandInProject
) -> None:
    """fault 67"""
    both = [each.start("-m", "local.stack", "up") for each in (project, other)]

    printed = [each.communicate()[0] for each in both]

    assert [each.returncode for each in both] == [0, 0], printed
    addresses = {outputs(each)[name] for each in (project, other) for name in ADDRESSES}
    assert len(addresses) == 4
    project.stack("down")
    assert len(other.processes()) == 3


def test_a_full_disk_ends_in_one_sentence_and_leaves_nothing(project: StandInProject) -> None:
    """fault 67"""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # bytes per file
    try:
        # Python 3.13.0 does not notice that bytecode is written incompletely.
        status, output = project.run("-B", "-m", "local.stack", "up")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert status == 1
    local = project.root / ".local"
    assert output == f"{local} cannot be used: [Errno 27] File too large\n"
    assert project.processes() == []
    assert_up_and_down_work(project)
