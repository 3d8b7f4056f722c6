"""Four DynamoDBs: Amazon's own engine, and the three substitutes in other tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local.emulator_clients import AWS_ENVIRONMENT, client, new_credentials
from local.stack.ports import HOST, free_port
from local.stack.processes import Process
from project import functions, maven
from project.commands import tail
from project.fake_aws import SETTINGS, emulated_aws
from project.template import ROOT
from tests.harness.simulator.faults import Faults
from tests.harness.simulator.table import DynamoDB

MISSING = f"DynamoDB Local needs Maven and a JDK {maven.JAVA} or newer, as mvn and java on the path"
SECONDS = 60
CREDENTIALS = new_credentials()


@contextmanager
def engine(folder: Path) -> Iterator[Any]:
    """Amazon's DynamoDB Local."""
    if not maven.is_available():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    jars = maven.fetch("DynamoDB", "tests/dynamodb/pom.xml")
    java = ["java", f"-Djava.library.path={jars}", "-cp", f"{jars}/*"]
    main = "software.amazon.dynamodb.services.local.main.ServerRunner"
    port = free_port(0)
    options = ["-inMemory", "-disableTelemetry", "-port", str(port)]
    with served([*java, main, *options], port, folder, {}) as served_client:
        yield served_client


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
    with served(command, port, folder, env | off) as served_client:
        yield served_client


@contextmanager
def moto(_: Path) -> Iterator[Any]:
    """The emulation in most unit tests."""
    with emulated_aws():
        aws = {"Endpoint": "https://dynamodb.us-east-1.amazonaws.com", **CREDENTIALS}
        yield created(client("dynamodb", aws))


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


@contextmanager
def served(command: list[str], port: int, folder: Path, env: dict[str, str]) -> Iterator[Any]:
    """Run a server. Returns a client for it."""
    log = folder / "log"
    server = Process.start(command, log, {"PATH": os.environ["PATH"]} | AWS_ENVIRONMENT | env)
    try:
        found = client("dynamodb", {"Endpoint": f"http://{HOST}:{port}", **CREDENTIALS})
        deadline = time.monotonic() + SECONDS
        while not is_up(found):
            assert server.is_running, tail(log)
            assert time.monotonic() < deadline, tail(log)
        yield created(found)
    finally:
        server.stop()


def is_up(found: Any) -> bool:
    """Return whether the server responds. The client itself waits between its retries."""
    try:
        found.list_tables()
    except (BotoCoreError, ClientError):
        return False
    return True


def created(found: Any) -> Any:
    """Create the orders table, with a stream. Returns the client."""
    properties = functions.resource("OrdersTable")
    settings = {name: properties[name] for name in SETTINGS if name in properties}
    stream = properties["StreamSpecification"] | {"StreamEnabled": True}
    found.create_table(TableName="OrdersTable", StreamSpecification=stream, **settings)
    return found
