"""make logs and make trace: which lines they show, and the way of an order or image."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from ops.logs import __main__ as logs
from ops.logs import trace
from ops.stack import DeployedStack, StackNotFound
from project.fake_aws import create_table, emulated_aws
from tests.unit.ops.deployment import FakeCloudFormation

ORDER = "3803d0bb-1bbc-4b6e-9d9a-505c92b8f1f9"
IMAGE = "7b0f1f6c-0d5c-4f0e-8a53-6b1f2f0f0a11"
FUNCTIONS = ("OrdersWriter", "OrdersPublisher", "LivePush", "SearchIndexer", "ImageProcessing")


class Stack(DeployedStack):
    """An emulated stack. `write` logs a line as a function does, some seconds after the order."""

    @property
    def is_emulated(self) -> bool:
        return True

    def write(self, group: str, text: str, seconds: float = 0) -> None:
        client = self.client("logs")
        at = int((time.time() + seconds) * 1000)
        client.put_log_events(
            logGroupName=group,
            logStreamName="one",
            logEvents=[{"timestamp": at, "message": text}],
        )

    def say(self, group: str, message: str, seconds: float = 0, **fields: Any) -> None:
        at = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat(timespec="milliseconds")
        line = {"level": "INFO", "message": message, "timestamp": at, "service": "x", **fields}
        self.write(group, json.dumps(line), seconds)


@pytest.fixture
def stack() -> Iterator[Stack]:
    resources = {
        **{f"{each}Function": ("AWS::Lambda::Function", each) for each in FUNCTIONS},
        **{f"{each}LogGroup": ("AWS::Logs::LogGroup", f"{each}LogGroup") for each in FUNCTIONS},
        "ApiLogGroup": ("AWS::Logs::LogGroup", "ApiLogGroup"),
        "OrdersTable": ("AWS::DynamoDB::Table", "OrdersTable"),
        "ImagesTable": ("AWS::DynamoDB::Table", "ImagesTable"),
    }
    with emulated_aws():
        cloudwatch_logs = boto3.client("logs", "us-east-1")
        for name in (f"{each}LogGroup" for each in FUNCTIONS):
            cloudwatch_logs.create_log_group(logGroupName=name)
            cloudwatch_logs.create_log_stream(logGroupName=name, logStreamName="one")
        create_table("OrdersTable")
        create_table("ImagesTable")

        def client(service: str) -> Any:
            if service == "cloudformation":
                return FakeCloudFormation(resources)
            return boto3.client(service, "us-east-1")  # type: ignore[call-overload]

        yield Stack("storefront", "Stack storefront", client)


@pytest.fixture
def printed(stack: Stack, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run make logs with these arguments, and return the lines without their times."""

    def run(*arguments: str) -> list[str]:
        assert logs.main(arguments, lambda *_: stack) == 0
        first, *lines = capsys.readouterr().out.splitlines()
        assert first == "Stack storefront"
        return [" ".join(line.split()[1:]) for line in lines]

    return run


def store(table: str, **attributes: str) -> None:
    item = {name: {"S": value} for name, value in attributes.items()}
    boto3.client("dynamodb", "us-east-1").put_item(TableName=table, Item=item)


def follow(stack: Stack, searched: str, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """Run make trace, and return the stage and the text of each step."""
    assert trace.main([searched], lambda *_: stack) == 0
    _, _, what, *steps = capsys.readouterr().out.splitlines()
    return [what.split(), *([(p := each.split(maxsplit=4))[3], p[4]] for each in steps)]


def test_lines_of_all_functions_are_in_the_order_of_their_times(stack: Stack, printed: Any) -> None:
    stack.say("OrdersPublisherLogGroup", "event published", -1, correlation_id=ORDER)
    stack.say("OrdersWriterLogGroup", "order stored", -2, correlation_id=ORDER, cold_start=True)

    assert printed() == [
        f"orders_writer INFO order stored correlation_id={ORDER}",
        f"orders_publisher INFO event published correlation_id={ORDER}",
    ]


def test_one_function_and_a_lowest_level_are_selected(stack: Stack, printed: Any) -> None:
    stack.say("OrdersPublisherLogGroup", "other", -3, level="ERROR")
    stack.say("OrdersWriterLogGroup", "quiet", -2)
    stack.say("OrdersWriterLogGroup", "loud", -1, level="WARNING", reason="why")

    assert printed("orders_writer", "--level", "warning") == [
        "orders_writer WARNING loud reason=why"
    ]


def test_metrics_and_lines_of_lambda_about_successes_are_left_out(
    stack: Stack, printed: Any
) -> None:
    report = {"type": "platform.report", "record": {"status": "success"}}
    for text in ("START RequestId: 1", "REPORT RequestId: 1", '{"_aws": {}}', json.dumps(report)):
        stack.write("OrdersWriterLogGroup", text)

    assert printed() == []


def test_failures_that_the_function_cannot_log_are_errors(stack: Stack, printed: Any) -> None:
    report = {"type": "platform.report", "record": {"status": "timeout"}}
    stack.write("OrdersWriterLogGroup", json.dumps(report), -2)
    stack.write("OrdersWriterLogGroup", "KeyError: 'Records'", -1)

    assert printed("--level", "error") == [
        "orders_writer ERROR the invocation ended with the status timeout",
        "orders_writer ERROR KeyError: 'Records'",
    ]


def test_an_exception_is_below_its_line(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.say("OrdersWriterLogGroup", "failed", level="ERROR", exception="Traceback\nKeyError: 1")

    logs.main([], lambda *_: stack)

    assert capsys.readouterr().out.splitlines()[2:] == ["    Traceback", "    KeyError: 1"]


def test_a_terminal_does_not_obey_what_is_logged(stack: Stack, printed: Any) -> None:
    stack.say("OrdersWriterLogGroup", "a\x1b[2Jb")

    assert printed() == [r"orders_writer INFO a\x1b[2Jb"]


def test_old_lines_are_left_out(stack: Stack, printed: Any) -> None:
    stack.say("OrdersWriterLogGroup", "old", -120)

    assert printed("--minutes", "1") == []


def test_new_lines_follow_once_each(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter(["second", "third"])

    def pause(_: float) -> None:
        text = next(rounds, None)
        if text is None:
            raise KeyboardInterrupt
        stack.say("OrdersWriterLogGroup", text)

    monkeypatch.setattr(time, "sleep", pause)
    stack.say("OrdersWriterLogGroup", "first")

    assert logs.main(["--follow"], lambda *_: stack) == 130

    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[-1] for line in lines] == ["first", "second", "third"]


def test_an_unknown_function_is_told_with_those_that_exist(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert logs.main(["writer"], lambda *_: stack) == 1

    assert "there is no function 'writer'; choose from image_proc" in capsys.readouterr().err


@pytest.mark.parametrize("command", [logs.main, lambda _, find: trace.main([ORDER], find)])
def test_without_a_stack_the_commands_say_how_to_select_one(
    command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def find(*_: object) -> DeployedStack:
        raise StackNotFound("start it with `make up`")

    assert command([], find) == 1

    assert capsys.readouterr().err == "start it with `make up`\n"


def test_the_way_of_an_order_has_each_place_with_its_time(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = time.time() - 10
    at = datetime.fromtimestamp(placed, UTC).isoformat(timespec="milliseconds")
    store("OrdersTable", orderID=ORDER, placedAt=at)
    times = {
        "queued_at": str(int(placed * 1000) + 20),
        "received_at": str(int(placed * 1000) + 40),
    }
    stack.say("SearchIndexerLogGroup", "document written", -5, correlation_id=ORDER)
    stack.say("OrdersWriterLogGroup", "order stored", -9, correlation_id=ORDER, **times)
    stack.say("OrdersPublisherLogGroup", "event published", -8, correlation_id=ORDER)
    stack.say("OrdersPublisherLogGroup", "email sent", -7, order_ids=[IMAGE, ORDER])
    stack.say("LivePushLogGroup", "event pushed", -6, correlation_id=ORDER, connections=1)
    stack.say("OrdersWriterLogGroup", "order stored", -6, correlation_id=IMAGE)

    steps = follow(stack, ORDER, capsys)

    assert steps == [
        ["order", ORDER],
        ["edge", "the API accepted it."],
        ["queue", "SQS has it"],
        ["writer", "orders_writer received it"],
        ["table", "orders_writer: order stored"],
        ["publisher", "orders_publisher: event published"],
        ["notification", "orders_publisher: email sent"],
        ["live", "live_push: event pushed"],
        ["index", "search_indexer: document written"],
    ]


def test_the_way_of_an_image_says_how_it_ended(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime.fromtimestamp(time.time() - 10, UTC).isoformat(timespec="milliseconds")
    store("ImagesTable", imageID=IMAGE, createdAt=at, status="FAILED")
    stack.say("ImageProcessingLogGroup", "image failed", correlation_id=IMAGE, reason="no image")

    assert follow(stack, IMAGE.upper(), capsys) == [
        ["image", IMAGE],
        ["edge", "the API accepted it. It is FAILED now."],
        ["image_processing", "image_processing: image failed reason=no image"],
    ]


def test_an_order_that_was_refused_is_in_the_logs_only(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.say("OrdersWriterLogGroup", "order refused", correlation_id=ORDER, reason="used")

    assert follow(stack, ORDER, capsys) == [
        ["not", "stored:", ORDER],
        ["orders_writer", "orders_writer: order refused reason=used"],
    ]


def test_an_unknown_id_is_told(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert trace.main([ORDER], lambda *_: stack) == 1

    assert f"no order and no image has the ID {ORDER}" in capsys.readouterr().err
