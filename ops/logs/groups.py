"""The log groups of the functions of a stack, and their events."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ops.logs.lines import LogLine
from ops.stack import DeployedStack

_AT_ONCE = 4  # CloudWatch Logs accepts few requests per second


class UnknownFunction(Exception):
    """The stack has no such function. The text names those that it has."""


class LogGroups:
    """The log groups of the functions with these names in `src`, or of all. `UnknownFunction`."""

    def __init__(self, stack: DeployedStack, names: Iterable[str] = ()) -> None:
        groups = stack.resources("AWS::Logs::LogGroup")
        found = {
            _snake(logical_id): groups[f"{logical_id.removesuffix('Function')}LogGroup"]
            for logical_id in stack.resources("AWS::Lambda::Function")
            if f"{logical_id.removesuffix('Function')}LogGroup" in groups
        }
        if unknown := set(names) - set(found):
            text = f"there is no function {min(unknown)!r}; choose from {', '.join(sorted(found))}"
            raise UnknownFunction(text)
        self._groups = {name: found[name] for name in names or found}
        self._logs = stack.client("logs")
        self._seen: set[tuple[object, ...]] = set()

    def lines(self, since: int, containing: str = "") -> list[LogLine]:
        """Return the lines from this time on (epoch milliseconds), in the order of their times.

        With `containing`, only those with this text. A line is returned once, however often this
        is called.
        """
        pattern = {"filterPattern": f'"{containing}"'} if containing else {}

        def read(group: tuple[str, str]) -> list[LogLine]:
            return list(self._read(*group, startTime=since, **pattern))

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            found = [line for part in threads.map(read, self._groups.items()) for line in part]
        return sorted(found, key=lambda line: line.time)

    def _read(self, function: str, group: str, **request: Any) -> Iterator[LogLine]:
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, **request
        )
        repeated = Counter[tuple[str, str, int, str]]()
        for event in pages.search("events[]"):
            # The emulator gives events no ID.
            content = (group, event["logStreamName"], event["timestamp"], event["message"])
            repeated[content] += 1
            if (key := (*content, repeated[content])) not in self._seen:
                self._seen.add(key)
                if line := LogLine.of(function, event["timestamp"], event["message"]):
                    yield line


def _snake(logical_id: str) -> str:
    """`OrdersWriterFunction` -> `orders_writer`, its name in `src`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id.removesuffix("Function")).lower()
