"""What a function logs, and the metrics that it prints."""

from __future__ import annotations

import io
import json
from typing import Any


class Log:
    """What a function logged."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        """Its lines, parsed."""
        return [json.loads(line) for line in self.text.getvalue().splitlines()]


def metrics(output: str) -> dict[str, float]:
    """The counts in what a function printed: one document in CloudWatch's embedded format."""
    [document] = [json.loads(line) for line in output.splitlines()]
    names = document["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    return {metric["Name"]: sum(document[metric["Name"]]) for metric in names}
