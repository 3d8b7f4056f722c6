"""The last errors in the logs of a local stack, for a message that says what went wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.emulator_clients import Outputs, client

LINES = 5
"""How many lines of each log are quoted."""

MINUTES = 5
"""How old the quoted lines of a function may be."""

# By level, the last line of a traceback, time-outs of Lambda, and 5xx answers of the gateway.
_ERROR = re.compile(
    r"\b(ERROR|CRITICAL)\b|^[\w.]+(Error|Exception)\b|Task timed out| 5\d\d \d+ ms$"
)
_MAX_CHARACTERS = 400


def last_errors(outputs: Outputs, cloudwatch_logs: Any = None) -> str:
    """Return the last error lines of each log, and where the logs are."""
    directory = Path(outputs["Directory"])
    sections = [f"the logs of this stack are in {directory} and in CloudWatch Logs of the emulator"]
    for name in ("gateway", "emulator", "engine"):
        log = directory / f"{name}.log"
        if log.exists():
            sections += _section(str(log), log.read_text(errors="replace").splitlines())
    try:
        for group, lines in _log_groups(cloudwatch_logs or client("logs", outputs)):
            sections += _section(f"CloudWatch Logs {group}", lines)
    except (BotoCoreError, ClientError) as error:
        sections.append(f"CloudWatch Logs cannot be read: {error}")
    return "\n".join(sections if len(sections) > 1 else [*sections, "there are no errors in them"])


def _log_groups(cloudwatch_logs: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the recent lines of each log group."""
    start = int((time.time() - MINUTES * 60) * 1000)
    groups = cloudwatch_logs.get_paginator("describe_log_groups")
    events = cloudwatch_logs.get_paginator("filter_log_events")
    for name in groups.paginate().search("logGroups[].logGroupName"):
        found = events.paginate(logGroupName=name, startTime=start).search("events[].message")
        yield name, [line for message in found for line in message.splitlines()]


def _section(title: str, lines: Iterable[str]) -> list[str]:
    errors = [line.rstrip()[:_MAX_CHARACTERS] for line in lines if _ERROR.search(line.rstrip())]
    return [f"{title}:", *(f"  {line}" for line in errors[-LINES:])] if errors else []
