"""Starts of local stacks that fail, are interrupted, or follow a deletion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.api_user import ApiUser
from local.emulator_clients import client
from local.stack.local_stack import LocalStack
from local.stack.processes import Process
from project.commands import CommandFailed
from tests.e2e.conftest import SecondStack

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.xdist_group("second stack"),
    pytest.mark.local_only("starts and stops stacks"),
    pytest.mark.timeout(300),  # on a busy machine, a start takes over a minute
]


def test_up_deploys_again_after_the_stack_was_deleted(second_stack: SecondStack) -> None:
    before = second_stack(ApiAuthorizer="Cognito")
    cloudformation = client("cloudformation", before)
    cloudformation.delete_stack(StackName=before["Stack"])
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=before["Stack"])

    outputs = second_stack()

    api_user = ApiUser.sign_in(outputs, "ada")
    assert api_user.request("POST", "/orders", {"item": "tea"}).status == 202
    assert outputs["UserPoolId"] != before["UserPoolId"]
    assert outputs["GatewayUrl"] == before["GatewayUrl"]


def test_an_interrupted_start_leaves_nothing(tmp_path: Path) -> None:
    """fault 67"""
    processes: list[Process] = []

    def interrupt(step: str) -> None:
        assert "build" in step
        state = json.loads((tmp_path / "stack.json").read_text())
        processes.append(Process(state["emulator"]["pid"], state["emulator"]["command"]))
        assert processes[0].is_running
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LocalStack(tmp_path, port=0, gateway_port=0, say=interrupt).up()

    [emulator] = processes
    assert not emulator.is_running
    assert {path.name for path in tmp_path.iterdir()} == {"emulator.log"}


def test_a_failed_start_names_its_log_and_leaves_nothing(tmp_path: Path) -> None:
    wrong = {"Architecture": "vax"}

    with pytest.raises(CommandFailed, match="sam deploy failed"):
        LocalStack(tmp_path, port=0, gateway_port=0, parameters=wrong).up()

    assert not (tmp_path / "stack.json").exists()
