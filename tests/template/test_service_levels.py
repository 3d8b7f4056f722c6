"""Service levels: the promises of docs/service-levels.md, their alarms, and when these ring."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from project import template
from project.template import ROOT, Template
from tests.harness.burn_rate import ServiceLevel
from tests.template.markdown import code, table
from tests.template.rules import changed, replaced, resources, rule

PAGE = ROOT / "docs" / "service-levels.md"

DAYS = 30
"""For which a promise holds."""

SHARES = {"Hour": 0.02, "Day": 0.1}
"""How much of the error budget is used up when the alarm over this window rings."""

SECONDS = {"Hour": 3600, "5Minutes": 300, "Day": 86400, "2Hours": 7200}

LATENCY = ("ApiLatencyHourAlarm", "Properties", "Metrics", 0, "MetricStat", "Stat")


def promises() -> dict[str, tuple[float, str]]:
    """Return the part of failures that each promise allows, and their statistic, by its alarm."""
    return {
        alarm: (round(1 - float(part.rstrip(" %")) / 100, 6), code(statistic)[0])
        for _, part, statistic, cell in table(PAGE, "The promises")
        for alarm in code(cell)
    }


@rule(
    changed("ApiLatencyHourAlarm", "Properties", "Threshold", to=10),
    changed("ApiLatency2HoursAlarm", "Properties", "Threshold", to=6),
    changed("ApiLatencyDayAlarm", "Properties", "Metrics", 1, "MetricStat", "Period", to=3600),
    replaced(
        "ApiAvailabilityHourAlarm", "Properties", "Metrics", 2, "Expression", old="001", new="1"
    ),
    changed(*LATENCY, to="TC(2000:)"),
)
def test_the_alarms_of_a_promise_ring_at_the_burn_rates_of_the_workbook(
    template: Template,
) -> Iterator[str]:
    for name, (budget, statistic) in promises().items():
        for part in ServiceLevel(template, name).parts():
            alarm = template["Resources"][part]["Properties"]
            window = part.removeprefix(name.removesuffix("Alarm")).removesuffix("Alarm")
            speed = {"5Minutes": "Hour", "2Hours": "Day"}.get(window, window)
            rate = SHARES[speed] * DAYS * 86400 / SECONDS[speed]
            *metrics, expression = alarm["Metrics"]
            if alarm["Threshold"] != round(rate, 1):
                yield f"the threshold of {part} is not {rate:.1f}"
            if not expression["Expression"].rstrip(")").endswith(f"bad / all / {budget}"):
                yield f"the expression of {part} has not the budget {budget}"
            if {metric["MetricStat"]["Period"] for metric in metrics} != {SECONDS[window]}:
                yield f"a metric of {part} has not the period {SECONDS[window]}"
            if metrics[0]["MetricStat"]["Stat"] != statistic:
                yield f"{part} does not count failures by {statistic}"


@rule(changed("NewAlarm", to={"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {}}))
def test_every_composite_alarm_is_of_a_promise(template: Template) -> Iterator[str]:
    names = {name for name, _ in resources(template, "AWS::CloudWatch::CompositeAlarm")}
    yield from (f"{name} is of no promise" for name in names ^ promises().keys())


@pytest.fixture(params=["ApiAvailabilityAlarm", "ApiLatencyAlarm", "OrderNotificationAlarm"])
def level(request: pytest.FixtureRequest) -> ServiceLevel:
    return ServiceLevel(template.translated(), request.param)


def test_an_outage_of_a_few_minutes_rings(level: ServiceLevel) -> None:
    """fault 116"""
    good, outage = [(60, 0)] * 1440, [(60, 60)] * 12

    assert not level.rings(good)
    assert level.rings(good + outage)


@pytest.mark.parametrize(
    ("name", "failed"),
    [("ApiAvailabilityAlarm", 6), ("ApiLatencyAlarm", 60), ("OrderNotificationAlarm", 60)],
)
def test_the_alarm_ends_soon_after_its_cause(name: str, failed: int) -> None:
    """fault 116. The long window alone would ring for an hour."""
    level = ServiceLevel(template.translated(), name)
    until_now = [(60, 0)] * 1440 + [(60, failed)] * 12

    assert level.rings(until_now)
    assert not level.rings(until_now + [(60, 0)] * 5)


def test_an_outage_that_takes_a_quarter_of_the_budget_rings_for_two_hours() -> None:
    """fault 116"""
    level = ServiceLevel(template.translated(), "ApiAvailabilityAlarm")
    until_now = [(60, 0)] * 1440 + [(60, 60)] * 12

    assert level.rings(until_now + [(60, 0)] * 100)
    assert not level.rings(until_now + [(60, 0)] * 120)


def test_failures_that_would_use_up_the_budget_in_a_week_ring_within_a_day() -> None:
    """fault 116"""
    level = ServiceLevel(template.translated(), "ApiAvailabilityAlarm")
    leaking = [(1000, 5)] * 1440

    assert not level.rings([(1000, 0)] * 1440 + leaking[:120])
    assert level.rings(leaking)


def test_failures_within_the_promise_never_ring() -> None:
    level = ServiceLevel(template.translated(), "ApiAvailabilityAlarm")

    assert not level.rings([(1000, 1)] * 1440)


def test_one_failure_in_a_quiet_hour_does_not_ring(level: ServiceLevel) -> None:
    quiet = [(0, 0)] * 1439

    assert not level.rings([*quiet, (1, 1)])


def test_nothing_at_all_does_not_ring(level: ServiceLevel) -> None:
    assert not level.rings([(0, 0)] * 1440)


def test_the_page_has_the_promises_of_the_dashboard() -> None:
    """A line of a graph is the limit that the alarm counts."""
    widgets = re.findall(r'"title": "Promise (\d)', (ROOT / "template.yaml").read_text())

    assert widgets == [str(number) for number in range(1, len(promises()) + 1)]
