"""The schedule of erasures: what it cannot deliver is kept, and its queues accept its events."""

from collections.abc import Iterator

from project.template import Template
from tests.template.rules import changed, referred, resources, rule, without

TARGET = ("ErasureSchedule", "Properties", "Targets", 0)


@rule(
    without(*TARGET, "RetryPolicy"),
    without(*TARGET, "DeadLetterConfig"),
    changed("ErasureSchedule", "Properties", "ScheduleExpression", to="rate(1 day)"),
)
def test_sweeps_that_are_due_begin_within_the_hour(template: Template) -> Iterator[str]:
    for name, schedule in resources(template, "AWS::Events::Rule"):
        if schedule["ScheduleExpression"] != "rate(1 hour)":
            yield f"{name} finds a sweep that began a second late only a day later"
        for target in schedule["Targets"]:
            if "RetryPolicy" not in target or "DeadLetterConfig" not in target:
                yield f"{name} loses the events that EventBridge cannot deliver"


@rule(
    without("ErasureQueuePolicy"),
    without("ErasureDeadLetterQueuePolicy", "Properties", "PolicyDocument", "Statement", 0),
    changed(
        *("ErasureQueuePolicy", "Properties", "PolicyDocument", "Statement", 0, "Condition"),
        to={"ArnEquals": {"aws:SourceArn": {"Ref": "OrderEvents"}}},
    ),
)
def test_the_queues_of_a_schedule_accept_its_events(template: Template) -> Iterator[str]:
    """EventBridge sends with the permission of the queue, not with a role."""
    allowed = {
        (referred(queue), referred(condition.get("ArnEquals", {}).get("aws:SourceArn")))
        for _, policy in resources(template, "AWS::SQS::QueuePolicy")
        for queue in policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Principal") == {"Service": "events.amazonaws.com"}
        for condition in [statement["Condition"]]
    }
    for name, schedule in resources(template, "AWS::Events::Rule"):
        for target in schedule["Targets"]:
            for arn in (target["Arn"], target.get("DeadLetterConfig", {}).get("Arn")):
                if (referred(arn), name) not in allowed:
                    yield f"{referred(arn)} does not accept the events of {name}"
