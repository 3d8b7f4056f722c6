"""The local stack finds and stops the processes that it started, and no others."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack
from local.stack.ports import HOST, answers, free_port
from local.stack.processes import Process, mark_of, stop_marked
from local.stack.state import State
from project.commands import tail

pytestmark = pytest.mark.slow

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


def test_the_process_of_another_stack_is_not_stopped(log: Path) -> None:
    other = Process.start([sys.executable, "-c", FOREVER], log, {}, mark="other")
    try:
        Process(other.pid, other.command, mark="ours").stop()

        assert other.is_running
    finally:
        other.stop()


def test_all_processes_with_a_mark_are_stopped_and_their_children(log: Path) -> None:
    """fault 67"""
    started = [
        Process.start([sys.executable, "-c", program], log, {}, mark)
        for program, mark in ((PARENT, "ours"), (STUBBORN, "ours"), (FOREVER, "other"))
    ]
    *_, other = started
    try:
        stop_marked("ours", grace=0.2)

        assert [each.is_running for each in started] == [False, False, True]
    finally:
        other.stop()


def test_the_mark_of_a_stack_stays_the_same_in_a_renamed_folder(tmp_path: Path) -> None:
    """fault 67"""
    (tmp_path / "one").mkdir()
    mark = mark_of(tmp_path / "one/.local")

    (tmp_path / "one").rename(tmp_path / "two")

    assert mark_of(tmp_path / "two/.local") == mark
    assert mark_of(tmp_path / "two/other") != mark
    assert mark_of(tmp_path / ".local") != mark


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
    server = {"pid": emulator.pid, "command": emulator.command, "port": 4566}
    state = State(tmp_path)
    state.save(emulator=server, deployed="sources", directory=str(tmp_path.resolve()))
    state.save_outputs(Endpoint="http://127.0.0.1:4566", GatewayUrl="http://127.0.0.1:3000")

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


def test_a_server_that_does_not_know_the_stack_is_not_ready(tmp_path: Path) -> None:
    """fault 67"""
    (tmp_path / "ready").write_text("ready")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        found = [answers(server.server_port, "/ready", text) for text in ("ready", "0123abcd")]
        server.shutdown()

    assert found == [True, False]
    assert not answers(server.server_port, "/ready", "ready")
