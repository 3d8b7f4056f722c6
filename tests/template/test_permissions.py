"""Permissions: exact actions on exact resources, for principals of this account."""

from collections.abc import Iterator
from typing import Any

from project.template import Template
from tests.template.convention import (
    cases,
    changed,
    convention,
    document,
    listed,
    referred,
    replaced,
    resources,
    without,
)

# The policies that SAM attaches for a function's logs, traces and event source, and API
# Gateway's for its access log. Their resources are `*`, since AWS writes them for everybody.
MANAGED = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSXrayWriteOnlyAccess",
    "AmazonAPIGatewayPushToCloudWatchLogs",
}

WRITER = ("OrdersWriterFunctionRole", "Properties")
WRITER_STATEMENT = (*WRITER, "Policies", 0, "PolicyDocument", "Statement", 0)
ALARM_STATEMENT = ("AlarmTopicPolicy", "Properties", "PolicyDocument", "Statement", 0)
SEARCH_LOG = ("SearchDomainLogPolicy", "Properties", "PolicyDocument", "Fn::Sub")
QUEUE_POLICY = ("OrdersQueuePolicy", "Properties")
QUEUE_STATEMENT = (*QUEUE_POLICY, "PolicyDocument", "Statement", 0)


@convention(
    changed(*WRITER_STATEMENT, "Action", to="*"),
    changed(*WRITER_STATEMENT, "Action", to="dynamodb:*"),
    changed(*WRITER_STATEMENT, "Action", to=["dynamodb:PutItem", "dynamodb:Get*"]),
    changed(*WRITER_STATEMENT, "NotAction", to="iam:PassRole"),
    changed(*ALARM_STATEMENT, "Action", to="sns:*"),
    replaced(*SEARCH_LOG, old="logs:PutLogEvents", new="logs:*"),
)
def test_every_action_is_named(template: Template) -> Iterator[str]:
    for name, statement in allowed(template):
        actions = listed(statement["Action"])
        if "NotAction" in statement or any("*" in action for action in actions):
            yield f"{name} allows {actions}"


@convention(
    changed(*WRITER_STATEMENT, "Resource", to="*"),
    changed(*WRITER_STATEMENT, "Resource", to=["*"]),
    changed(*WRITER_STATEMENT, "Resource", to={"Fn::Sub": "arn:${AWS::Partition}:s3:::*"}),
    changed(*ALARM_STATEMENT, "Resource", to="*"),
    replaced(*SEARCH_LOG, old="${SearchDomainLogGroup.Arn}", new="*"),
)
def test_every_resource_is_one_of_the_stack(template: Template) -> Iterator[str]:
    for name, statement in allowed(template):
        if name.endswith(" trust"):
            continue  # the resource of a trust policy is its role
        for resource in listed(statement["Resource"]):
            if not any(named in template["Resources"] for named in names(resource)):
                yield f"{name} allows {statement['Action']} on {resource}"


@convention(
    changed(*WRITER, "ManagedPolicyArns", 0, to="arn:aws:iam::aws:policy/AdministratorAccess")
)
def test_no_managed_policy_but_those_for_logs_traces_and_sources(
    template: Template,
) -> Iterator[str]:
    for name, role in resources(template, "AWS::IAM::Role"):
        for arn in role.get("ManagedPolicyArns", []):
            text = arn["Fn::Sub"] if isinstance(arn, dict) else arn
            if text.rpartition("/")[2] not in MANAGED:
                yield f"{name} has {text}"


@convention(
    changed(*QUEUE_STATEMENT, "Effect", to="Allow"),
    changed(*ALARM_STATEMENT, "Principal", to="*"),
    changed(*ALARM_STATEMENT, "Principal", to={"AWS": "*"}),
)
def test_nothing_is_public(template: Template) -> Iterator[str]:
    """Not even where a condition narrows it: who may use a resource is named by principal."""
    for name, statement in allowed(template):
        principal = statement.get("Principal")
        if principal == "*" or (
            isinstance(principal, dict) and "*" in listed(principal.get("AWS", []))
        ):
            yield f"{name} lets anybody {statement['Action']}"


@convention(
    without(*ALARM_STATEMENT, "Condition"),
    replaced(*SEARCH_LOG, old="aws:SourceAccount", new="aws:PrincipalTag/any"),
)
def test_a_service_acts_for_this_account_alone(template: Template) -> Iterator[str]:
    """Otherwise another account's bucket or alarm could use ours through the service."""
    for name, statement in allowed(template):
        if name.endswith(" trust") or "Service" not in statement.get("Principal", {}):
            continue
        conditions = {key for test in statement.get("Condition", {}).values() for key in test}
        if not conditions & {"aws:SourceAccount", "aws:SourceArn"}:
            yield f"{name} lets {statement['Principal']} act for anybody"


@convention(
    without("OrdersFunctionListPermissionv1", "Properties", "SourceArn"),
    changed("OrdersFunctionListPermissionv1", "Properties", "Principal", to="*"),
)
def test_only_what_the_stack_names_may_invoke_a_function(template: Template) -> Iterator[str]:
    for name, permission in resources(template, "AWS::Lambda::Permission"):
        if permission["Principal"] == "*" or "SourceArn" not in permission:
            yield f"{name} lets others in"


def allowed(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every Allow statement, with the place it stands in.

    Not those of keys: a key's policy hands it to IAM, whose policies then name the actions.
    """
    for name, policy in policies(template):
        for statement in statements(policy):
            if statement["Effect"] == "Allow" and not name.endswith(" key"):
                yield name, statement


def policies(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy, with the place it stands in: of roles, their trust, resources and keys."""
    for name, role in resources(template, "AWS::IAM::Role"):
        yield f"{name} trust", role["AssumeRolePolicyDocument"]
        for policy in (case for each in role.get("Policies", []) for case in cases(each)):
            yield f"{name} {policy['PolicyName']}", policy["PolicyDocument"]
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if "PolicyDocument" in properties:
            yield name, properties["PolicyDocument"]
        if "KeyPolicy" in properties:
            yield f"{name} key", properties["KeyPolicy"]


def statements(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The statements, those of either case where a condition decides."""
    for statement in listed(document(policy)["Statement"]):
        yield from cases(statement)


def names(value: Any) -> Iterator[str]:
    """The logical ids that a value refers to, however deep."""
    name = referred(value)
    if name is not None:
        yield name
    elif isinstance(value, dict) and "Fn::Sub" in value:
        text = listed(value["Fn::Sub"])[0]
        for part in text.split("${")[1:]:
            yield part.partition("}")[0].partition(".")[0]
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from names(inner)
