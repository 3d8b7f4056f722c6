"""Sessions of make watch and make debug: they end with their processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.development import sessions
from local.development.sessions import Session, SessionExists


def ended_process() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_function_runs_in_its_own_session_or_in_that_of_all_functions(tmp_path: Path) -> None:
    of_all = Session("/watched", os.getpid())
    of_one = Session("/debugged", os.getpid(), "orders", 5678)

    sessions.record(tmp_path, of_all)
    sessions.record(tmp_path, of_one)

    assert sessions.of_function(tmp_path, "orders") == of_one
    assert sessions.of_function(tmp_path, "search") == of_all
    assert sessions.of_all_functions(tmp_path) == of_all


def test_a_session_ends(tmp_path: Path) -> None:
    session = Session("/project", os.getpid())
    sessions.record(tmp_path, session)

    sessions.forget(tmp_path, session)

    assert sessions.of_all_functions(tmp_path) is None


def test_a_session_of_a_process_that_was_killed_has_ended(tmp_path: Path) -> None:
    sessions.record(tmp_path, Session("/project", ended_process()))

    assert sessions.of_all_functions(tmp_path) is None
    sessions.record(tmp_path, Session("/project", os.getpid()))  # is not refused


def test_a_second_session_of_the_same_kind_is_refused(tmp_path: Path) -> None:
    sessions.record(tmp_path, Session("/project", os.getpid()))

    with pytest.raises(SessionExists, match=f"process {os.getpid()} already does this"):
        sessions.record(tmp_path, Session("/other", os.getpid()))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"root": 1}'])
def test_a_file_that_is_no_session_is_ignored(tmp_path: Path, content: str) -> None:
    sessions.record(tmp_path, Session("/project", os.getpid()))
    [file] = (tmp_path / "tmp" / "development").iterdir()

    file.write_text(content)

    assert sessions.of_all_functions(tmp_path) is None


def test_the_sources_are_those_of_the_function_and_of_the_layer() -> None:
    session = Session("/project", os.getpid())

    assert session.sources("orders") == ["/project/src/orders", "/project/layers/common"]
