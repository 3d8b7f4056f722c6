"""A function of which no second environment starts while the first one works."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.stack_probe import wait_for


def code(marker: Path) -> str:
    """Return the function's module. It works as long as the file `marker` exists."""
    return f"""
import time
from pathlib import Path

marker = Path("{marker}")
if marker.exists():
    raise OSError("only one at a time")

def handler(event, _):
    marker.touch()
    while marker.exists():
        time.sleep(0.01)
    return "finished"
"""


def invoke_twice(lambda_client: Any, function: str, marker: Path) -> tuple[Any, Any]:
    """Return what the first invocation answers, and a second one while the first works."""

    def invoke() -> Any:
        return json.loads(lambda_client.invoke(FunctionName=function)["Payload"].read())

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(invoke)
        wait_for("the first invocation", marker.exists)
        second = invoke()
        marker.unlink()
        return first.result(), second
