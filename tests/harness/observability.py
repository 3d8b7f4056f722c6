"""What a function logs, and the metrics that it prints."""

from __future__ import annotations

import io
import json
from typing import Any

MAX_VALUES = 100
"""Of a metric in a document (CloudWatch guide, "Embedded metric format specification")."""


class Log:
    """The log output of a function."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        """Return the parsed lines."""
        return [json.loads(line) for line in self.text.getvalue().splitlines()]


def metrics(output: str) -> dict[str, float]:
    """Return the counts in a function's output: documents in CloudWatch's embedded format."""
    return {name: sum(values) for name, values in measured(output).items()}


def measured(output: str) -> dict[str, list[float]]:
    """Return the values of each metric in a function's output. A document has at most 100."""
    values: dict[str, list[float]] = {}
    for document in map(json.loads, output.splitlines()):
        for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            assert len(document[metric["Name"]]) <= MAX_VALUES
            values.setdefault(metric["Name"], []).extend(document[metric["Name"]])
    return values
