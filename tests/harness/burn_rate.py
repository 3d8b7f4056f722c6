"""The alarms of a service level, as CloudWatch evaluates them on what a stack has counted.

An alarm on an expression of metrics takes each metric over its period. If a metric has no value,
or the expression divides by zero, there is no value, and the alarm is as TreatMissingData says.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from project.template import Template

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
}


class ServiceLevel:
    """The composite alarm of this name, with its parts.

    Each minute counts requests, or orders, and how many of them failed, or were too late.
    """

    def __init__(self, template: Template, name: str) -> None:
        self._resources = template["Resources"]
        self._rule: str = self._resources[name]["Properties"]["AlarmRule"]["Fn::Sub"]

    def rings(self, minutes: Sequence[tuple[int, int]]) -> bool:
        """Whether it is in the state ALARM at the end of these minutes of (all, failed)."""
        rule = re.sub(
            r'ALARM\("\$\{(\w+)\}"\)',
            lambda part: str(self._breaches(part[1], minutes)),
            self._rule,
        )
        return bool(eval(rule.replace("AND", "and").replace("OR", "or"), {}))

    def parts(self) -> list[str]:
        return re.findall(r"\$\{(\w+)\}", self._rule)

    def _breaches(self, name: str, minutes: Sequence[tuple[int, int]]) -> bool:
        alarm = self._resources[name]["Properties"]
        assert alarm["TreatMissingData"] == "notBreaching"
        values: dict[str, Any] = {"IF": lambda holds, yes, no: yes if holds else no}
        for metric in alarm["Metrics"][:-1]:
            window = minutes[-metric["MetricStat"]["Period"] // 60 :]
            values[metric["Id"]] = sum(minute[metric["Id"] == "bad"] for minute in window)
        if values["all"] == 0:
            return False
        rate = eval(alarm["Metrics"][-1]["Expression"], {}, values)
        return COMPARISONS[alarm["ComparisonOperator"]](rate, alarm["Threshold"])
