"""The stack as a whole: it lives beside others, anywhere, and tells when it fails."""

import json
import re
from collections.abc import Iterator
from typing import Any

from project import template as stack
from project.template import Template
from tests.template.convention import (
    changed,
    convention,
    document,
    referred,
    replaced,
    resources,
    without,
)

PHYSICAL_NAMES = {
    *("AlarmName", "BucketName", "ClientName", "DashboardName", "FunctionName", "GroupName"),
    *("LayerName", "LogGroupName", "QueueName", "RoleName", "TableName", "TopicName"),
    *("UserPoolName", "ManagedPolicyName"),
}

ALARM = ("OrdersDeadLetterAlarm", "Properties")


@convention(
    changed("OrdersTable", "Properties", "TableName", to="orders"),
    changed("OrdersQueue", "Properties", "QueueName", to={"Fn::Sub": "orders"}),
    of=stack.raw,
)
def test_nothing_has_a_name_that_another_stack_could_want(template: Template) -> Iterator[str]:
    for name, resource in template["Resources"].items():
        named = PHYSICAL_NAMES & set(resource.get("Properties", {}))
        # A group's name is its pool's own, and what a token says.
        if named and resource["Type"] != "AWS::Cognito::UserPoolGroup":
            yield f"{name} has a {sorted(named)}"


@convention(
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
def test_nothing_says_region_account_or_partition(template: Template) -> Iterator[str]:
    service = re.compile(r"^[a-z0-9]+\.amazonaws\.com$")  # a principal is the same everywhere
    wrong = re.compile(r"arn:aws|\b[a-z]{2}-[a-z]+-\d\b|amazonaws\.com|\b\d{12}\b")
    for name, resource in template["Resources"].items():
        for text in strings(resource):
            if wrong.search(text) and not service.match(text):
                yield f"{name} says {text}"


@convention(
    changed(*ALARM, "AlarmActions", to=[]),
    without(*ALARM, "AlarmActions"),
    without(*ALARM, "AlarmDescription"),
    without(*ALARM, "TreatMissingData"),
    changed(*ALARM, "AlarmActions", 0, to={"Ref": "OrderNotifications"}),
)
def test_every_alarm_reaches_somebody_and_says_what_it_means(template: Template) -> Iterator[str]:
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm"):
        if [referred(action) for action in alarm.get("AlarmActions", [])] != ["AlarmTopic"]:
            yield f"{name} tells nobody"
        if not alarm.get("AlarmDescription"):
            yield f"{name} does not say what it means"
        if "TreatMissingData" not in alarm:
            yield f"{name} says insufficient data on a quiet day"


@convention(
    without("OrdersPublisherErrorsAlarm"),
    without("OrdersIteratorAgeAlarm"),
    without("OrdersQueueAgeAlarm"),
)
def test_every_source_has_an_alarm_for_failing_and_for_falling_behind(
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
            yield f"nobody hears that {function} fails"
        if not late & watched:
            yield f"nobody hears that {function} falls behind"


@convention(
    changed("Api", "Properties", "Body", "info", "title", to="storefront"),
    changed("ApiErrorsAlarm", "Properties", "Dimensions", 0, "Value", to={"Ref": "Api"}),
)
def test_the_metrics_of_an_api_go_by_its_title(template: Template) -> Iterator[str]:
    """The dimension `ApiName` is the name of the REST API, which an import takes from the title."""
    titles = [
        api["Body"]["info"]["title"] for _, api in resources(template, "AWS::ApiGateway::RestApi")
    ]
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm"):
        for dimension in alarm.get("Dimensions", []):
            if dimension["Name"] == "ApiName" and dimension["Value"] not in titles:
                yield f"{name} watches an API that does not exist"


@convention(without("OrderEvents"), without("Dashboard"))
def test_every_output_and_dashboard_names_what_exists(template: Template) -> Iterator[str]:
    known = {*template["Resources"], *template["Parameters"]}
    dashboards = [d for _, d in resources(template, "AWS::CloudWatch::Dashboard")]
    for name in names([template["Outputs"], dashboards]):
        if name not in known and not name.startswith("AWS::"):
            yield f"{name} does not exist"


@convention(without("OrderNotificationsEmail"), without("AlarmTopicEmail"), of=stack.raw)
def test_every_parameter_and_condition_is_used(template: Template) -> Iterator[str]:
    used = set(names({part: template[part] for part in template if part != "Parameters"}))
    asked = set(re.findall(r'"(?:Fn::If": \[|Condition": )"(\w+)"', json.dumps(template)))
    yield from set(template["Parameters"]) - used
    yield from set(template["Conditions"]) - asked


def strings(value: Any) -> Iterator[str]:
    """Every string of a tree but its keys, and of an object that stands in it as JSON."""
    match value:
        case str() if value.startswith("{") and '"Version"' in value:
            yield from strings(document({"Fn::Sub": value}))
        case str():
            yield value
        case dict() | list():
            for inner in value.values() if isinstance(value, dict) else value:
                yield from strings(inner)


def names(value: Any) -> Iterator[str]:
    """What `Ref`, `Fn::GetAtt` and `Fn::Sub` name anywhere in a tree."""
    text = json.dumps(value, default=str)
    yield from re.findall(r'"Ref": "([\w:]+)"', text)
    yield from re.findall(r'"Fn::GetAtt": \["(\w+)"', text)
    yield from re.findall(r"\$\{([\w:]+)", text)
