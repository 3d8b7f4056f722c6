"""What is recorded about a local stack is written as a whole, and read with suspicion."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack.local_stack import LocalStack
from local.stack.state import State

SERVER = {"pid": 2**22 + 1, "command": ["python", "emulator"], "port": 4566}


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file can be larger than 100 bytes, as on a disk that becomes full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("name", ["stack.json", "outputs.json"])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00", b"{", b"[]", b"null", b"7", b"[" * 100_000, b'"text"']
)
def test_a_foreign_file_is_the_same_as_none(tmp_path: Path, name: str, content: bytes) -> None:
    """fault 67"""
    (tmp_path / name).write_bytes(content)

    assert State(tmp_path).load() == {}
    assert State(tmp_path).outputs() == {}
    LocalStack(tmp_path).down()
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "foreign",
    [
        {"emulator": "running"},
        {"emulator": {**SERVER, "pid": -1}},
        {"emulator": {**SERVER, "pid": 1}},
        {"emulator": {**SERVER, "pid": "2"}},
        {"emulator": {**SERVER, "command": "python"}},
        {"emulator": {**SERVER, "command": [1]}},
        {"emulator": {**SERVER, "port": 2**16}},
        {"gateway": {"pid": 4711}},
        {"ports": {"emulator": "4566"}},
        {"ports": [4566]},
        {"parameters": {"Search": None}},
        {"deployed": True},
    ],
    ids=str,
)
def test_a_value_of_another_shape_is_ignored(tmp_path: Path, foreign: Any) -> None:
    """fault 67"""
    kept = {"secret": "of the gateway", "engine": SERVER}
    (tmp_path / "stack.json").write_text(json.dumps(foreign | kept))

    assert State(tmp_path).load() == kept
    assert not LocalStack(tmp_path).is_running("emulator")


def test_outputs_are_texts(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text('{"Endpoint": "http://127.0.0.1:4566", "Port": 4566}')

    assert State(tmp_path).outputs() == {"Endpoint": "http://127.0.0.1:4566"}


def test_only_their_owner_can_read_the_files(tmp_path: Path) -> None:
    state = State(tmp_path)

    state.save(secret="of the gateway")
    state.save(deployed="sources")
    state.save_outputs(SecretAccessKey="of the emulator")

    assert state.load() == {"secret": "of the gateway", "deployed": "sources"}
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"stack.json": 0o600, "outputs.json": 0o600}


def test_a_full_disk_keeps_what_was_recorded(tmp_path: Path, small_files: None) -> None:
    """fault 67"""
    state = State(tmp_path)
    state.save(deployed="sources")

    with pytest.raises(OSError, match="File too large"):
        state.save(parameters={"Name": "x" * 200})

    assert state.load() == {"deployed": "sources"}
    state.delete()
    assert list(tmp_path.iterdir()) == []
