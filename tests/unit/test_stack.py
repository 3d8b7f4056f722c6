"""The local stack finds and stops the processes that it started, and no others."""

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
from local.stack.state import State
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
    """Start a Python program and wait until it prints a line."""
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


def test_a_process_has_its_own_session(start: Start) -> None:
    process = start(FOREVER)

    assert process.is_running
    assert os.getsid(process.pid) != os.getsid(0)


def test_a_process_is_stopped(start: Start) -> None:
    process = start(FOREVER)

    process.stop()

    assert not process.is_running


def test_a_process_that_ignores_sigterm_is_killed(start: Start) -> None:
    process = start(STUBBORN)

    process.stop(grace=0.2)

    assert not process.is_running


def test_the_children_of_a_process_are_stopped_with_it(start: Start, log: Path) -> None:
    process = start(PARENT)
    child = Process(int(log.read_text().split()[0]), [sys.executable, "-c", FOREVER])
    assert child.is_running

    process.stop()

    until("the child is stopped", lambda: not child.is_running)


def test_another_process_with_the_same_id_is_not_stopped(start: Start) -> None:
    other = start(FOREVER)
    ours = Process(other.pid, [sys.executable, "-m", "local.gateway"])

    ours.stop()

    assert not ours.is_running
    assert other.is_running


def test_down_after_a_crash_deletes_the_state_and_stops_no_other_process(
    start: Start, tmp_path: Path
) -> None:
    other = start(FOREVER)
    stale = {"pid": other.pid, "command": ["python", "emulator.py"], "port": 4566}
    (tmp_path / "stack.json").write_text(json.dumps({"emulator": stale}))
    (tmp_path / "outputs.json").write_text("{}")

    stack = LocalStack(tmp_path)
    assert not stack.is_running("emulator")
    stack.down()

    assert other.is_running
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_down_stops_what_an_earlier_command_started(start: Start, tmp_path: Path) -> None:
    process = start(FOREVER)
    state = {"pid": process.pid, "command": process.command, "port": 4566}
    (tmp_path / "stack.json").write_text(json.dumps({"emulator": state}))

    LocalStack(tmp_path).down()

    assert not process.is_running


def test_search_cannot_be_added_to_a_running_stack(start: Start, tmp_path: Path) -> None:
    emulator = start(FOREVER)
    state = {"pid": emulator.pid, "command": emulator.command, "port": 4566}
    (tmp_path / "stack.json").write_text(json.dumps({"emulator": state}))

    with pytest.raises(StackFailed, match="make down, then make up SEARCH=1"):
        LocalStack(tmp_path, search=True).up()

    assert emulator.is_running


def test_a_free_port_is_used() -> None:
    port = free_port(0)

    assert free_port(port) == port


def test_a_port_in_use_is_replaced() -> None:
    with socket.create_server((HOST, 0)) as server:
        taken = server.getsockname()[1]

        assert free_port(taken) not in (0, taken)


def test_the_tail_of_a_log_is_its_last_lines(log: Path) -> None:
    log.write_bytes(b"one\ntwo\nthree \xff\n")

    assert tail(log, 2) == "two\nthree \ufffd"


def test_the_secret_of_a_stack_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    state = State(tmp_path)

    state.save(secret="of the gateway")
    state.save(deployed="sources")

    assert state.load() == {"secret": "of the gateway", "deployed": "sources"}
    assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600
