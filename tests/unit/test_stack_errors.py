"""A failed test quotes errors from the logs of its local stack."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.api_user import ApiResponse
from local.emulator_clients import new_credentials
from local.stack.logs import LINES, last_errors

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

WRITER = "OrdersWriterLogGroup"


@pytest.fixture
def cloudwatch_logs() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("logs", "us-east-1")


def write(cloudwatch_logs: Any, group: str, *messages: str) -> None:
    """Write messages to a log group, as a function does."""
    cloudwatch_logs.create_log_group(logGroupName=group)
    cloudwatch_logs.create_log_stream(logGroupName=group, logStreamName="one")
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    cloudwatch_logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)


def test_the_last_errors_of_each_log_are_quoted(tmp_path: Path, cloudwatch_logs: Any) -> None:
    (tmp_path / "gateway.log").write_text(
        "09:00 INFO POST /orders 202 8 ms\n"
        "09:01 ERROR ValueError\n"
        "09:02 INFO GET /orders 502 9 ms\n"
    )
    (tmp_path / "emulator.log").write_text("".join(f"ERROR {n}\n" for n in range(LINES + 2)))
    failed = json.dumps({"level": "ERROR", "message": "no table"})
    traceback = "Traceback (most recent call last):\n  File 'app.py'\nlib.ClientError: no"
    messages = ['{"level": "INFO"}', f"{failed}\n", traceback, "Task timed out after 3 s"]
    write(cloudwatch_logs, WRITER, *messages)

    quoted = last_errors({"Directory": str(tmp_path)}, cloudwatch_logs)

    assert quoted.splitlines() == [
        f"the logs of this stack are in {tmp_path} and in CloudWatch Logs of the emulator",
        f"{tmp_path}/gateway.log:",
        "  09:01 ERROR ValueError",
        "  09:02 INFO GET /orders 502 9 ms",
        f"{tmp_path}/emulator.log:",
        *(f"  ERROR {n}" for n in range(2, LINES + 2)),
        f"CloudWatch Logs {WRITER}:",
        f"  {failed}",
        "  lib.ClientError: no",
        "  Task timed out after 3 s",
    ]


def test_logs_without_errors_are_named_too(tmp_path: Path, cloudwatch_logs: Any) -> None:
    (tmp_path / "gateway.log").write_text("09:00 INFO POST /orders 202 8 ms\n")

    quoted = last_errors({"Directory": str(tmp_path)}, cloudwatch_logs)

    assert str(tmp_path) in quoted
    assert quoted.endswith("there are no errors in them")


def test_a_failed_test_shows_the_errors_of_its_stack(pytester: pytest.Pytester) -> None:
    (pytester.path / "gateway.log").write_text("ERROR in the gateway\n")
    server = {"Endpoint": "http://127.0.0.1:9", **new_credentials()}
    outputs = {"Directory": str(pytester.path), **server}
    pytester.makeconftest("from tests.harness.stack_errors import pytest_runtest_makereport")
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.fixture
        def outputs():
            return {outputs!r}

        def test_it(outputs):
            assert 0 > 0
        """
    )

    result = pytester.runpytest("-p", "no:cacheprovider", "-p", "no:asyncio")

    result.stdout.fnmatch_lines(["*Local stack*", "*gateway.log:", "  ERROR in the gateway"])


def test_the_error_for_a_missing_field_shows_the_response() -> None:
    response = ApiResponse(500, {"message": "Internal server error"})

    with pytest.raises(KeyError, match=r"next is not in the response 500 .*Internal server error"):
        response.body["next"]
