"""Amazon's DynamoDB Local, with the orders table, for tests and benchmarks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.emulator_clients import AWS_ENVIRONMENT, Outputs, client, new_credentials
from local.stack.ports import HOST, free_port
from local.stack.processes import Process
from project import functions, maven
from project.commands import tail
from project.fake_aws import SETTINGS

MISSING = f"DynamoDB Local needs Maven and a JDK {maven.JAVA} or newer, as mvn and java on the path"
CREDENTIALS = new_credentials()
ORDERS_TABLE = "OrdersTable"

_SECONDS = 60


class ServerFailed(Exception):
    """The server did not start. The message is the end of its log."""


@contextmanager
def dynamodb_local(folder: Path) -> Iterator[Outputs]:
    """Run it, without files. Yields what `client` needs."""
    jars = maven.fetch("DynamoDB", "tests/dynamodb/pom.xml")
    java = ["java", f"-Djava.library.path={jars}", "-cp", f"{jars}/*"]
    main = "software.amazon.dynamodb.services.local.main.ServerRunner"
    port = free_port(0)
    # Without -sharedDb, each access key has tables of its own.
    options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    with served([*java, main, *options], port, folder, {}) as outputs:
        yield outputs


@contextmanager
def served(command: list[str], port: int, folder: Path, env: Outputs) -> Iterator[Outputs]:
    """Run a server that responds as DynamoDB, with the orders table. Yields its outputs."""
    log = folder / "log"
    server = Process.start(command, log, {"PATH": os.environ["PATH"]} | AWS_ENVIRONMENT | env)
    try:
        outputs = {"Endpoint": f"http://{HOST}:{port}", **CREDENTIALS}
        dynamodb = client("dynamodb", outputs)
        deadline = time.monotonic() + _SECONDS
        while not _is_up(dynamodb):
            if not server.is_running or time.monotonic() > deadline:
                raise ServerFailed(tail(log))
        create_orders_table(dynamodb)
        yield outputs
    finally:
        server.stop()


def create_orders_table(dynamodb: Any) -> None:
    """Create the orders table of the template, with its stream."""
    properties = functions.resource("OrdersTable")
    settings = {name: properties[name] for name in SETTINGS if name in properties}
    stream = properties["StreamSpecification"] | {"StreamEnabled": True}
    dynamodb.create_table(TableName=ORDERS_TABLE, StreamSpecification=stream, **settings)


def _is_up(dynamodb: Any) -> bool:
    """Whether the server responds. The client itself waits between its retries."""
    try:
        dynamodb.list_tables()
    except (BotoCoreError, ClientError):
        return False
    return True
