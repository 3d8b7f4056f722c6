"""Unit tests: the functions' environment, emulated services, and no way out of this machine."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest
from botocore.client import BaseClient
from pytest_socket import socket_allow_hosts

from project import functions, template
from project.fake_aws import emulated_aws
from tests.harness.calls import aws_calls  # noqa: F401  # watches every test
from tests.harness.cloud import Cloud
from tests.harness.contract import documented_answers  # noqa: F401  # watches every test
from tests.harness.observability import Log
from tests.harness.xray import Daemon

# What Lambda and the template set before a function is imported; credentials that open nothing.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
for name in functions.functions():
    # A function that the template lacks fails its rule, which says so, and not all tests here.
    if functions.logical_id(name) in template.translated()["Resources"]:
        os.environ |= functions.environment(name)

from common.observability import logger  # noqa: E402


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """AWS, emulated by moto, with the orders' tables, queues and topics."""
    with emulated_aws():
        made = Cloud()
        monkeypatch.setenv("ORDER_EVENTS_TOPIC", made.events_topic)
        monkeypatch.setenv("ORDER_NOTIFICATIONS_TOPIC", made.notifications_topic)
        yield made
    functions.forget_clients()


@pytest.fixture
def log() -> Iterator[Log]:
    """The log output. The logger keeps the stream that it found at import, so replace that."""
    found = Log()
    handler = cast("logging.StreamHandler[Any]", logger.registered_handler)
    stream = handler.setStream(found.text)
    yield found
    handler.setStream(stream or sys.stdout)


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """The X-Ray daemon of a function's execution environment."""
    listening = Daemon()
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", listening.address)
    with listening.udp:
        yield listening


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations of the AWS requests so far."""
    made: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # where every client's calls pass

    def counted(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        made.append(operation)
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return made
