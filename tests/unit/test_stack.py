"""What the local stack starts, it finds again and stops, and nothing else."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack
from local.stack.ports import HOST, free_port
from local.stack.processes import Process
from project.commands import tail

FOREVER = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"
PARENT = (
    f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); "
    "print(child.pid, flush=True); child.wait()"
)

type Start = Callable[[str], Process]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def start(log: Path) -> Iterator[Start]:
    """Start a program in Python, and wait for the first line that it prints."""
    started: list[Process] = []

    def start_and_wait(program: str) -> Process:
        started.append(Process.start([sys.executable, "-c", program], log, {}))
        until("the program prints a line", lambda: "\n" in log.read_text())
        return started[-1]

    yield start_and_wait
    for process in started:
        process.stop(grace=0)


def until(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, f"not within 10 s: {what}"
        time.sleep(0.01)


def test_a_process_is_in_a_session_of_its_own(start: Start) -> None:
    process = start(FOREVER)

    assert process.is_running
    assert os.getsid(process.pid) != os.getsid(0)


def test_a_process_is_stopped(start: Start) -> None:
    process = start(FOREVER)

    process.stop()

    assert not process.is_running


def test_a_process_that_ignores_term_is_killed(start: Start) -> None:
    process = start(STUBBORN)

    process.stop(grace=0.2)

    assert not process.is_running


def test_what_a_process_started_is_stopped_with_it(start: Start, log: Path) -> None:
    process = start(PARENT)
    child = Process(int(log.read_text().split()[0]), [sys.executable, "-c", FOREVER])
    assert child.is_running

    process.stop()

    until("the child is stopped", lambda: not child.is_running)


def test_a_foreign_process_with_the_same_pid_is_left_alone(start: Start) -> None:
    foreign = start(FOREVER)
    ours = Process(foreign.pid, [sys.executable, "-m", "local.gateway"])

    ours.stop()

    assert not ours.is_running
    assert foreign.is_running


def test_down_after_a_crash_forgets_the_stack_and_kills_nobody(
    start: Start, tmp_path: Path
) -> None:
    foreign = start(FOREVER)
    stale = {"pid": foreign.pid, "command": ["python", "emulator.py"], "port": 4566}
    (tmp_path / "stack.json").write_text(json.dumps({"emulator": stale}))
    (tmp_path / "outputs.json").write_text("{}")

    stack = LocalStack(tmp_path)
    assert not stack.is_running("emulator")
    stack.down()

    assert foreign.is_running
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_down_stops_what_an_earlier_command_started(start: Start, tmp_path: Path) -> None:
    process = start(FOREVER)
    state = {"pid": process.pid, "command": process.command, "port": 4566}
    (tmp_path / "stack.json").write_text(json.dumps({"emulator": state}))

    LocalStack(tmp_path).down()

    assert not process.is_running


def test_a_stack_that_runs_without_search_is_not_given_it(start: Start, tmp_path: Path) -> None:
    emulator = start(FOREVER)
    state = {"pid": emulator.pid, "command": emulator.command, "port": 4566}
    (tmp_path / "stack.json").write_text(json.dumps({"emulator": state}))

    with pytest.raises(StackFailed, match="make down, then make up SEARCH=1"):
        LocalStack(tmp_path, search=True).up()

    assert emulator.is_running


def test_a_free_port_is_the_wanted_one() -> None:
    wanted = free_port(0)

    assert free_port(wanted) == wanted


def test_a_taken_port_is_another_one() -> None:
    with socket.create_server((HOST, 0)) as server:
        taken = server.getsockname()[1]

        assert free_port(taken) not in (0, taken)


def test_the_tail_of_a_log_is_its_last_lines(log: Path) -> None:
    log.write_bytes(b"one\ntwo\nthree \xff\n")

    assert tail(log, 2) == "two\nthree \ufffd"
