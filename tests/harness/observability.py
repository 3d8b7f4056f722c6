"""What a function logs, and the metrics that it prints."""

from __future__ import annotations

import io
import json
from typing import Any


class Log:
    """The log output of a function."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        """Return the parsed lines."""
        return [json.loads(line) for line in self.text.getvalue().splitlines()]


def metrics(output: str) -> dict[str, float]:
    """Return the counts in a function's output: one document in CloudWatch's embedded format."""
    [document] = [json.loads(line) for line in output.splitlines()]
    names = document["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    return {metric["Name"]: sum(document[metric["Name"]]) for metric in names}
