"""Updating a running local stack, and what its functions leave behind."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.emulator_clients import Outputs, client
from local.stack.local_stack import LocalStack
from local.stack.logs import last_errors
from local.stack.processes import Process
from project import functions

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("starts and stops stacks"),
]


def test_a_second_up_changes_nothing(stack: LocalStack) -> None:
    steps: list[str] = []
    before = stack.outputs()

    second = LocalStack(stack.directory, say=steps.append)
    outputs = second.up()

    assert steps == []
    assert outputs == before


def test_up_restarts_a_dead_gateway_on_the_same_port(stack: LocalStack) -> None:
    state = json.loads((stack.directory / "stack.json").read_text())
    Process(state["gateway"]["pid"], state["gateway"]["command"]).stop()
    port = state["gateway"]["port"]
    assert not stack.is_running("gateway")

    second = LocalStack(stack.directory)
    outputs = second.up()

    assert second.is_running("gateway")
    assert outputs == stack.outputs()
    assert outputs["GatewayUrl"].endswith(f":{port}")
    state = json.loads((stack.directory / "stack.json").read_text())
    variables = psutil.Process(state["gateway"]["pid"]).environ()
    assert variables["CHECK_CONTRACT"] == "1", "the answers in later tests are not checked"


def test_the_last_errors_of_a_function_are_quoted(outputs: Outputs) -> None:
    invoke(outputs, "OrdersWriterFunction", b"{}")

    quoted = last_errors(outputs)

    assert outputs["Directory"] in quoted
    _, _, log_group = quoted.partition("OrdersWriterLogGroup:")
    assert "\n  KeyError: 'Records'" in log_group


def test_an_environment_in_which_a_handler_has_raised_is_used_again(outputs: Outputs) -> None:
    event = functions.event("pre_sign_up", "sign_up") | {"userName": "p\u0430ypal"}
    refused = json.dumps(event).encode()

    first, second = [invoke(outputs, "PreSignUpFunction", refused) for _ in range(2)]

    assert (first["FunctionError"], second["FunctionError"]) == ("Unhandled", "Unhandled")
    assert '"cold_start":false' in b64decode(second["LogResult"]).decode()


def test_the_environments_of_functions_share_their_unpacked_code(outputs: Outputs) -> None:
    invoke(outputs, "OrdersWriterFunction", b"{}")

    folder = Path(outputs["Directory"]) / "tmp"
    code = [*folder.glob("ministack-lambda-*/code"), *folder.glob("ministack-lambda-*/layer_0")]
    unpacked = set((folder / "unpacked").iterdir())
    assert code
    assert {each.readlink() for each in code} <= unpacked


def invoke(outputs: Outputs, logical_id: str, payload: bytes) -> Any:
    """Invoke a function of the stack. Returns the response, with the end of the log."""
    cloudformation = client("cloudformation", outputs)
    resource = cloudformation.describe_stack_resource(
        StackName=outputs["Stack"], LogicalResourceId=logical_id
    )
    name = resource["StackResourceDetail"]["PhysicalResourceId"]
    functions_api = client("lambda", outputs)
    return functions_api.invoke(FunctionName=name, Payload=payload, LogType="Tail")
