"""The function `shop_orders` in this process, with DynamoDB Local."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from bench.capacity import Meter
from bench.implementations import ENVIRONMENT
from common import aws
from local.dynamodb_local import dynamodb_local
from local.emulator_clients import Outputs, client, environment
from project import functions

_NAME = "shop_orders"


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request used. `counts` are those of the Meter."""

    seconds: float
    counts: Counter[str]
    printed_bytes: int


class ShopFunction:
    """The function, with the clients of its environment.

    `dynamodb` is a client that waits for longer than the function's, to store orders.
    """

    def __init__(self, outputs: Outputs) -> None:
        self.dynamodb = client("dynamodb", outputs)
        self._handler = functions.function(_NAME).handler
        self._meter = Meter(aws.dynamodb())

    def call(self, case: str, **changed: Any) -> tuple[Usage, Any]:
        """Handle a sample event with these changes. Returns what it used, and the response."""
        event = functions.event(_NAME, case) | changed
        self._meter.take()
        with redirect_stdout(StringIO()) as printed:
            start = time.perf_counter()
            response = self._handler(event, functions.context(_NAME))
            seconds = time.perf_counter() - start
        assert response["statusCode"] == 200, response
        return Usage(seconds, self._meter.take(), len(printed.getvalue().encode())), response


@contextmanager
def shop_function() -> Iterator[ShopFunction]:
    """Run DynamoDB Local, with an empty orders table, and the function with it."""
    with TemporaryDirectory() as folder, dynamodb_local(Path(folder)) as outputs:
        variables = ENVIRONMENT | functions.environment(_NAME) | environment(outputs)
        with patch.dict(os.environ, variables):
            functions.forget_clients()
            try:
                yield ShopFunction(outputs)
            finally:
                functions.forget_clients()
