"""The stack as a whole: it can be deployed twice and anywhere, and its failures raise alarms."""

import json
import re
from collections.abc import Iterator
from typing import Any

from project import template as stack
from project.template import Template
from tests.template.rules import (
    changed,
    document,
    referred,
    replaced,
    resources,
    rule,
    without,
)
from tests.template.snapshot import DOCUMENT

PHYSICAL_NAMES = {
    *("AlarmName", "BucketName", "ClientName", "DashboardName", "FunctionName", "GroupName"),
    *("LayerName", "LogGroupName", "QueueName", "RoleName", "TableName", "TopicName"),
    *("UserPoolName", "ManagedPolicyName"),
}

ALARM = ("OrdersDeadLetterAlarm", "Properties")


@rule(
    changed("OrdersTable", "Properties", "TableName", to="orders"),
    changed("OrdersQueue", "Properties", "QueueName", to={"Fn::Sub": "orders"}),
    of=stack.raw,
)
def test_no_resource_has_a_physical_name(template: Template) -> Iterator[str]:
    for name, resource in template["Resources"].items():
        named = PHYSICAL_NAMES & set(resource.get("Properties", {}))
        # The name of a group is unique within its pool, and tokens contain it.
        if named and resource["Type"] != "AWS::Cognito::UserPoolGroup":
            yield f"{name} has the physical name {sorted(named)}, which another stack may have"


@rule(
    changed("OrdersQueue", "Properties", "Queue", to="arn:aws:sqs:us-east-1:123456789012:q"),
    changed("Api", "Properties", "Description", to={"Fn::Sub": "https://x.eu-west-1.example"}),
    changed("Api", "Properties", "Description", to="https://sqs.amazonaws.com"),
    changed("Api", "Properties", "Description", to="account 123456789012"),
    replaced(
        *("SearchDomainLogPolicy", "Properties", "PolicyDocument", "Fn::Sub"),
        old="${AWS::AccountId}",
        new="123456789012",
    ),
    of=stack.raw,
)
def test_no_resource_contains_a_region_account_or_partition(template: Template) -> Iterator[str]:
    service = re.compile(r"^[a-z0-9]+\.amazonaws\.com$")  # principals are the same in all regions
    wrong = re.compile(r"arn:aws|\b[a-z]{2}-[a-z]+-\d\b|amazonaws\.com|\b\d{12}\b")
    for name, resource in template["Resources"].items():
        for text in strings(resource):
            is_document = text.startswith(DOCUMENT)  # its examples name a region
            if wrong.search(text) and not service.match(text) and not is_document:
                yield f"{name} works in one account or region only: {text}"


@rule(
    changed(*ALARM, "AlarmActions", to=[]),
    without(*ALARM, "AlarmActions"),
    without(*ALARM, "AlarmDescription"),
    without(*ALARM, "TreatMissingData"),
    changed(*ALARM, "AlarmActions", 0, to={"Ref": "OrderNotifications"}),
    changed("ApiLatencyAlarm", "Properties", "AlarmActions", to=[]),
    changed("ApiLatencyDayAlarm", "Properties", "AlarmActions", to=[{"Ref": "AlarmTopic"}]),
)
def test_every_alarm_sends_a_notification_and_has_a_description(
    template: Template,
) -> Iterator[str]:
    """The parts of a composite alarm leave it to the composite alarm."""
    composite = dict(resources(template, "AWS::CloudWatch::CompositeAlarm"))
    parts = {part for alarm in composite.values() for part in names(alarm["AlarmRule"])}
    metric_alarms = dict(resources(template, "AWS::CloudWatch::Alarm"))
    for name, alarm in (composite | metric_alarms).items():
        notified = [referred(action) for action in alarm.get("AlarmActions", [])]
        if notified != ([] if name in parts else ["AlarmTopic"]):
            yield f"{name} does not notify AlarmTopic, or does so twice"
        if not alarm.get("AlarmDescription"):
            yield f"{name} has no description"
        if name in metric_alarms and "TreatMissingData" not in alarm:
            yield f"{name} has no state while nothing happens: set TreatMissingData"


@rule(
    without("OrdersPublisherErrorsAlarm"),
    without("OrdersIteratorAgeAlarm"),
    without("OrdersQueueAgeAlarm"),
)
def test_every_event_source_has_an_alarm_for_errors_and_for_delays(
    template: Template,
) -> Iterator[str]:
    watched = {
        (alarm.get("MetricName"), referred(dimension["Value"]))
        for _, alarm in resources(template, "AWS::CloudWatch::Alarm")
        for dimension in alarm.get("Dimensions", [])
    }
    for _, source in resources(template, "AWS::Lambda::EventSourceMapping"):
        function, origin = referred(source["FunctionName"]), referred(source["EventSourceArn"])
        late = {("IteratorAge", function), ("ApproximateAgeOfOldestMessage", origin)}
        if ("Errors", function) not in watched:
            yield f"no alarm watches the errors of {function}"
        if not late & watched:
            yield f"no alarm watches how late {function} is"


@rule(
    changed("Api", "Properties", "Body", "info", "title", to="storefront"),
    changed("ApiErrorsAlarm", "Properties", "Dimensions", 0, "Value", to={"Ref": "Api"}),
)
def test_the_alarms_of_an_api_use_its_title(template: Template) -> Iterator[str]:
    """The dimension `ApiName` is the name of the API, which API Gateway imports from the title."""
    titles = [
        api["Body"]["info"]["title"] for _, api in resources(template, "AWS::ApiGateway::RestApi")
    ]
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm"):
        for dimension in alarm.get("Dimensions", []):
            if dimension["Name"] == "ApiName" and dimension["Value"] not in titles:
                yield f"{name} watches the API {dimension['Value']}, which does not exist"


@rule(without("OrderEvents"), without("Dashboard"))
def test_outputs_and_dashboards_refer_to_existing_resources(template: Template) -> Iterator[str]:
    known = {*template["Resources"], *template["Parameters"]}
    dashboards = [d for _, d in resources(template, "AWS::CloudWatch::Dashboard")]
    for name in names([template["Outputs"], dashboards]):
        if name not in known and not name.startswith("AWS::"):
            yield f"an output or dashboard refers to {name}, which does not exist"


@rule(without("OrderNotificationsEmail"), without("AlarmTopicEmail"), of=stack.raw)
def test_every_parameter_and_condition_is_used(template: Template) -> Iterator[str]:
    used = set(names({part: template[part] for part in template if part != "Parameters"}))
    asked = set(re.findall(r'"(?:Fn::If": \[|Condition": )"(\w+)"', json.dumps(template)))
    yield from (
        f"the parameter {name} is not used" for name in template["Parameters"].keys() - used
    )
    yield from (
        f"the condition {name} is not used" for name in template["Conditions"].keys() - asked
    )


def strings(value: Any) -> Iterator[str]:
    """Return every string of a tree, without keys. Policies that are JSON text are parsed."""
    match value:
        case str() if value.startswith("{") and '"Version"' in value:
            yield from strings(document({"Fn::Sub": value}))
        case str():
            yield value
        case dict() | list():
            for inner in value.values() if isinstance(value, dict) else value:
                yield from strings(inner)


def names(value: Any) -> Iterator[str]:
    """Return the names in `Ref`, `Fn::GetAtt` and `Fn::Sub` anywhere in a tree."""
    text = json.dumps(value, default=str)
    yield from re.findall(r'"Ref": "([\w:]+)"', text)
    yield from re.findall(r'"Fn::GetAtt": \["(\w+)"', text)
    yield from re.findall(r"\$\{([\w:]+)", text)
