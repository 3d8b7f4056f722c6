"""The example of a webhook: it selects the events of the stack, and loses none of them."""

from __future__ import annotations

from typing import Any

from project import functions, template
from project.contract.breaking_events import committed
from project.template import ROOT

EXAMPLE = template.parsed((ROOT / "examples" / "webhook" / "template.yaml").read_text())

RESOURCES: dict[str, Any] = EXAMPLE["Resources"]

PATTERN = RESOURCES["Rule"]["Properties"]["EventPattern"]

DAY = 24 * 3600


def test_the_rule_selects_every_event_of_the_bus() -> None:
    events = committed()

    assert set(PATTERN["detail-type"]) == set(events)
    assert PATTERN["source"] == [functions.module("orders_publisher", "event_bus").SOURCE]
    assert {schema["properties"]["schemaVersion"]["const"] for schema in events.values()} == set(
        PATTERN["detail"]["schemaVersion"]
    )


def test_an_event_is_retried_for_a_day_and_then_kept() -> None:
    [target] = RESOURCES["Rule"]["Properties"]["Targets"]

    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": DAY, "MaximumRetryAttempts": 185}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
    [statement] = RESOURCES["DeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}}
    }


def test_the_role_may_call_the_receiver_and_nothing_else() -> None:
    [policy] = RESOURCES["Role"]["Properties"]["Policies"]

    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "events:InvokeApiDestination",
            "Resource": {"Fn::GetAtt": ["Destination", "Arn"]},
        }
    ]


def test_no_parameter_holds_the_secret() -> None:
    parameters = RESOURCES["Connection"]["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]

    assert parameters["ApiKeyValue"] == {
        "Fn::Sub": "{{resolve:secretsmanager:${SecretName}}}",
    }


def test_the_page_sets_the_parameters_of_the_example() -> None:
    page = (ROOT / "docs" / "events" / "README.md").read_text()
    needed = {name for name, each in EXAMPLE["Parameters"].items() if "Default" not in each}

    assert all(f" {name}=" in page for name in needed)
