"""Four DynamoDBs: Amazon's own engine, and the three substitutes in other tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.dynamodb_local import (
    CREDENTIALS,
    MISSING,
    create_orders_table,
    dynamodb_local,
    served,
)
from local.emulator_clients import client
from local.stack.ports import HOST, free_port
from project import maven
from project.fake_aws import emulated_aws
from project.template import ROOT
from tests.harness.simulator.faults import Faults
from tests.harness.simulator.table import DynamoDB


@contextmanager
def engine(folder: Path) -> Iterator[Any]:
    """Amazon's DynamoDB Local."""
    if not maven.is_available():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with dynamodb_local(folder) as outputs:
        yield client("dynamodb", outputs)


@contextmanager
def emulator(folder: Path) -> Iterator[Any]:
    """The emulator of the local stack."""
    command = [str(ROOT / ".local/emulator/bin/python"), str(ROOT / "local/emulator")]
    port = free_port(0)
    env = {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "TMPDIR": str(folder),
        "ROOT_ACCESS_KEY_ID": CREDENTIALS["AccessKeyId"],
        "ROOT_SECRET_ACCESS_KEY": CREDENTIALS["SecretAccessKey"],
    }
    off = {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    with served(command, port, folder, env | off) as outputs:
        yield client("dynamodb", outputs)


@contextmanager
def moto(_: Path) -> Iterator[Any]:
    """The emulation in most unit tests."""
    with emulated_aws():
        aws = {"Endpoint": "https://dynamodb.us-east-1.amazonaws.com", **CREDENTIALS}
        dynamodb = client("dynamodb", aws)
        create_orders_table(dynamodb)
        yield dynamodb


@contextmanager
def simulator(_: Path) -> Iterator[Any]:
    """The fake in the simulated pipeline."""
    yield DynamoDB(Faults(), on_change=lambda *_: None)


Database = Callable[[Path], Any]
STREAMING: list[Database] = [engine, emulator]
DATABASES: list[Database] = [*STREAMING, moto, simulator]


@pytest.fixture(scope="module", params=DATABASES, ids=lambda one: one.__name__)
def database(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client for a DynamoDB with the orders table."""
    with request.param(tmp_path_factory.mktemp("dynamodb")) as found:
        yield found
