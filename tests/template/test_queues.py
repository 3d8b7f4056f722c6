"""Queues that trigger functions: time, concurrency, dead letters and their alarms."""

import json
import re
from collections.abc import Iterator

from project.template import Template
from tests.template.event_sources import DAY, dead_letter_queue, queue_sources
from tests.template.openapi import REQUEST, direct_operations
from tests.template.rules import changed, referred, replaced, resources, rule, without

SOURCE = ("OrdersWriterFunctionQueue", "Properties")
ALARM = ("OrdersDeadLetterAlarm", "Properties")


@rule(
    without(*SOURCE, "FunctionResponseTypes"),
    without("OrdersPublisherFunctionStream", "Properties", "FunctionResponseTypes"),
)
def test_only_the_failed_records_of_a_batch_are_retried(template: Template) -> Iterator[str]:
    """fault 18, fault 23"""
    for name, source in resources(template, "AWS::Lambda::EventSourceMapping"):
        if source.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name} retries a whole batch because of one record"


@rule(without("OrdersQueue", "Properties", "RedrivePolicy"))
def test_every_queue_source_has_a_dead_letter_queue(template: Template) -> Iterator[str]:
    for name, _, queue in queue_sources(template):
        if "RedrivePolicy" not in queue:
            yield f"the queue of {name} has no dead-letter queue"


@rule(
    changed("OrdersQueue", "Properties", "VisibilityTimeout", to=180),
    changed("OrdersWriterFunction", "Properties", "Timeout", to=31),
    changed(*SOURCE, "MaximumBatchingWindowInSeconds", to=2),
)
def test_a_message_stays_invisible_while_its_function_may_run(template: Template) -> Iterator[str]:
    """Six times the timeout, and the window (Lambda guide, "Configuring an SQS event source")."""
    for name, source, queue in queue_sources(template):
        function = template["Resources"][referred(source["FunctionName"])]["Properties"]
        needed = 6 * function["Timeout"] + source.get("MaximumBatchingWindowInSeconds", 0)
        timeout = queue.get("VisibilityTimeout", 30)
        if timeout < needed:
            yield f"the queue of {name} has a VisibilityTimeout of {timeout} s, not of {needed} s"


@rule(
    without(*SOURCE, "ScalingConfig"),
    changed(*SOURCE, "ScalingConfig", "MaximumConcurrency", to="10"),
)
def test_every_queue_source_limits_its_concurrency(template: Template) -> Iterator[str]:
    """By a number, because the emulator keeps the value of a parameter as text."""
    for name, source, _ in queue_sources(template):
        if not isinstance(source.get("ScalingConfig", {}).get("MaximumConcurrency"), int):
            yield f"{name} may use the concurrency of the whole account"


@rule(
    changed("OrdersDeadLetterQueue", "Properties", "MessageRetentionPeriod", to=4 * DAY),
    without("OrdersDeadLetterQueue", "Properties", "MessageRetentionPeriod"),
    changed("OrdersQueue", "Properties", "MessageRetentionPeriod", to=14 * DAY),
)
def test_a_dead_letter_queue_keeps_messages_for_longer_than_its_source(
    template: Template,
) -> Iterator[str]:
    """A message's age counts from its first queue (SQS guide, "Using dead-letter queues")."""
    for name, queue in resources(template, "AWS::SQS::Queue"):
        if "RedrivePolicy" in queue:
            target = dead_letter_queue(queue)
            kept = template["Resources"][target]["Properties"].get("MessageRetentionPeriod")
            if kept != 14 * DAY:
                yield f"{target} keeps messages for {kept} s, not for 14 days"
            elif queue.get("MessageRetentionPeriod", 4 * DAY) >= kept:
                yield f"{name} keeps messages so long that {target} would delete them at once"


@rule(
    changed("OrdersQuietAgeAlarm", "Properties", "MetricName", to="ApproximateAgeOfOldestMessage"),
    replaced(*REQUEST, old="&MessageGroupId=${util.urlEncode($group)}", new=""),
)
def test_one_buyers_rush_raises_no_alarm_about_the_orders_of_others(
    template: Template,
) -> Iterator[str]:
    """fault 63. The group of a message makes the queue fair, and others the quiet groups."""
    watched = {
        referred(dimension["Value"])
        for _, alarm in resources(template, "AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "ApproximateAgeOfOldestMessageInQuietGroups"
        for dimension in alarm.get("Dimensions", [])
    }
    for method, path, operation, _ in direct_operations(template):
        integration = operation["x-amazon-apigateway-integration"]
        [queue] = re.findall(r"\$\{(\w+)\.QueueName\}", json.dumps(integration["uri"]))
        if queue not in watched:
            yield f"no alarm watches the age of the messages of quiet groups in {queue}"
        for text in integration["requestTemplates"].values():
            if "&MessageGroupId=" not in text:
                yield f"{method} {path} sends messages without a group"


@rule(
    changed(*ALARM, "MetricName", to="NumberOfMessagesSent"),
    changed(*ALARM, "Threshold", to=2),
    changed(*ALARM, "Dimensions", 0, "Value", to={"Fn::GetAtt": ["OrdersQueue", "QueueName"]}),
)
def test_every_dead_letter_queue_has_an_alarm(template: Template) -> Iterator[str]:
    """NumberOfMessagesSent does not count the messages that SQS itself moves to the queue."""
    watched = {
        referred(dimension["Value"])
        for _, alarm in resources(template, "AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        and alarm["Threshold"] == 1
        for dimension in alarm.get("Dimensions", [])
    }
    for _, queue in resources(template, "AWS::SQS::Queue"):
        if "RedrivePolicy" in queue and dead_letter_queue(queue) not in watched:
            yield f"no alarm watches the messages in {dead_letter_queue(queue)}"
