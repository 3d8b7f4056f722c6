"""The operations page and the dashboard cover every alarm and every function of the template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from project.functions import logical_id
from project.template import ROOT, Template
from tests.template.markdown import code, table
from tests.template.rules import changed, replaced, resources, rule, without

PAGE = ROOT / "docs" / "operations.md"

DASHBOARD = ("Dashboard", "Properties", "DashboardBody", "Fn::Join", 1, 0, "Fn::Sub")


@rule(
    without("ApiErrorsAlarm"),
    changed("NewAlarm", to={"Type": "AWS::CloudWatch::Alarm"}),
)
def test_the_operations_page_has_a_row_for_every_alarm(template: Template) -> Iterator[str]:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    alarms = {name for name, _ in resources(template, *kinds)}
    documented = {name for first, *_ in table(PAGE, "Alarms") for name in code(first)}
    yield from (f"docs/operations.md has no row for {name}" for name in alarms - documented)
    yield from (f"docs/operations.md: no such alarm: {name}" for name in documented - alarms)


@rule(
    without("OrdersFunction"),
    changed("NewFunction", to={"Type": "AWS::Lambda::Function"}),
)
def test_the_operations_page_has_a_row_for_every_function(template: Template) -> Iterator[str]:
    functions = {name for name, _ in resources(template, "AWS::Lambda::Function")}
    documented = {
        logical_id(name) for first, *_ in table(PAGE, "Functions") for name in code(first)
    }
    yield from (f"docs/operations.md has no row for {name}" for name in functions - documented)
    yield from (f"docs/operations.md: no such function: {name}" for name in documented - functions)


def test_every_log_message_on_the_operations_page_is_logged_by_its_function() -> None:
    documented = {
        (message, name)
        for first, second, *_ in table(PAGE, "Following one order")
        for message in code(first)
        for name in code(second)
    }

    logged = {
        (message, name)
        for message, name in documented
        for source in (ROOT / "src" / name).glob("*.py")
        if f'"{message}"' in source.read_text()
    }

    assert documented - logged == set()


@rule(
    changed("NewFunction", to={"Type": "AWS::Lambda::Function"}),
    replaced(*DASHBOARD, old="${OrdersFunction}", new="${OrdersWriterFunction}"),
    replaced(*DASHBOARD, old='"stat": "p99"', new='"stat": "Average"'),
)
def test_the_dashboard_shows_errors_and_duration_of_every_function(
    template: Template,
) -> Iterator[str]:
    shown = set(metrics(dashboard(template, conditions_hold=True)))
    for name, _ in resources(template, "AWS::Lambda::Function"):
        for metric, stat in (("Errors", "Sum"), ("Duration", "p99")):
            if (metric, stat, f"${{{name}}}") not in shown:
                yield f"the dashboard does not show the {stat} of {metric} of {name}"


@rule(replaced(*DASHBOARD, old="${OrdersFunction}", new="${UserPoolDomain}"))
def test_the_dashboard_shows_a_conditional_function_under_its_condition_only(
    template: Template,
) -> Iterator[str]:
    """CloudFormation refuses a template in which a resource refers to one that is not created."""
    text = json.dumps(dashboard(template, conditions_hold=False))
    for name, resource in template["Resources"].items():
        if "Condition" in resource and f"${{{name}" in text:
            yield f"the dashboard refers to {name}, which may not exist"


def dashboard(template: Template, *, conditions_hold: bool) -> Any:
    """Return the dashboard's body as it is if all conditions of the template hold, or none does."""

    def text(value: Any) -> str:
        match value:
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(text(part) for part in parts)
            case {"Fn::If": [_, if_true, if_false]}:
                return text(if_true if conditions_hold else if_false)
            case {"Fn::Sub": str(substituted)}:
                return substituted
        return str(value)

    [body] = [
        each["DashboardBody"] for _, each in resources(template, "AWS::CloudWatch::Dashboard")
    ]
    return json.loads(text(body))


def metrics(body: Any) -> Iterator[tuple[str, str, str]]:
    """Return the name, statistic and last dimension of every metric on a dashboard.

    A metric is a list of the namespace, the name, and a name and value per dimension. It may end
    in an object of options. "." repeats what the previous metric has in its place (CloudWatch,
    "Dashboard Body Structure and Syntax").
    """
    for widget in body["widgets"]:
        previous: list[str] = []
        for metric in widget["properties"]["metrics"]:
            fields = [field for field in metric if isinstance(field, str)]
            options = next((field for field in metric if isinstance(field, dict)), {})
            previous = [
                previous[place] if field == "." else field for place, field in enumerate(fields)
            ]
            stat = options.get("stat", widget["properties"]["stat"])
            yield previous[1], stat, previous[-1]
