"""The local stack's life, beside the one that the other tests use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.stack.local_stack import LocalStack
from local.stack.processes import Process
from project.commands import CommandFailed

pytestmark = pytest.mark.xdist_group("stack")


def test_a_second_up_finds_everything_done(stack: LocalStack) -> None:
    steps: list[str] = []
    before = stack.outputs()

    again = LocalStack(stack.directory, say=steps.append)
    outputs = again.up()

    assert steps == []
    assert outputs == before


def test_up_starts_a_gateway_that_died(stack: LocalStack) -> None:
    state = json.loads((stack.directory / "stack.json").read_text())
    Process(state["gateway"]["pid"], state["gateway"]["command"]).stop()
    wanted = state["gateway"]["port"]
    assert not stack.is_running("gateway")

    again = LocalStack(stack.directory, gateway_port=wanted)
    outputs = again.up()

    assert again.is_running("gateway")
    assert outputs == stack.outputs()
    assert outputs["GatewayUrl"].endswith(f":{wanted}")


def test_an_interrupted_start_leaves_nothing(tmp_path: Path) -> None:
    processes: list[Process] = []

    def interrupt(step: str) -> None:
        if "deploy" not in step:
            return
        state = json.loads((tmp_path / "stack.json").read_text())
        processes.append(Process(state["emulator"]["pid"], state["emulator"]["command"]))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LocalStack(tmp_path, port=0, gateway_port=0, say=interrupt).up()

    [emulator] = processes
    assert not emulator.is_running
    assert {path.name for path in tmp_path.iterdir()} == {"emulator.log", "deploy.log"}


def test_a_failed_start_says_what_the_log_says_and_leaves_nothing(tmp_path: Path) -> None:
    wrong = {"Architecture": "vax"}

    with pytest.raises(CommandFailed, match="sam deploy failed"):
        LocalStack(tmp_path, port=0, gateway_port=0, parameters=wrong).up()

    assert not (tmp_path / "stack.json").exists()
