"""Permissions: exact actions on exact resources, for principals of this account only."""

from collections.abc import Iterator
from typing import Any

from project.template import Template
from tests.template.rules import (
    cases,
    changed,
    document,
    listed,
    referred,
    replaced,
    resources,
    rule,
    without,
)

MANAGED = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSXrayWriteOnlyAccess",
    "AmazonAPIGatewayPushToCloudWatchLogs",
}
"""The AWS managed policies that SAM adds for logs, traces and event sources of functions, and the
one for API Gateway's access log. They allow their actions on all resources.
"""

GIVEN = {"BuyerEmailsIdentityArn"}
"""Parameters with the ARN of a single resource of the operator, by their patterns."""

WRITER = ("OrdersWriterFunctionRole", "Properties")
WRITER_STATEMENT = (*WRITER, "Policies", 0, "PolicyDocument", "Statement", 0)
ALARM_STATEMENT = ("AlarmTopicPolicy", "Properties", "PolicyDocument", "Statement", 0)
SEARCH_LOG = ("SearchDomainLogPolicy", "Properties", "PolicyDocument", "Fn::Sub")
QUEUE_POLICY = ("OrdersQueuePolicy", "Properties")
QUEUE_STATEMENT = (*QUEUE_POLICY, "PolicyDocument", "Statement", 0)


@rule(
    changed(*WRITER_STATEMENT, "Action", to="*"),
    changed(*WRITER_STATEMENT, "Action", to="dynamodb:*"),
    changed(*WRITER_STATEMENT, "Action", to=["dynamodb:PutItem", "dynamodb:Get*"]),
    changed(*WRITER_STATEMENT, "NotAction", to="iam:PassRole"),
    changed(*ALARM_STATEMENT, "Action", to="sns:*"),
    replaced(*SEARCH_LOG, old="logs:PutLogEvents", new="logs:*"),
)
def test_no_policy_allows_actions_by_wildcard(template: Template) -> Iterator[str]:
    for name, statement in allowed(template):
        actions = listed(statement["Action"])
        if "NotAction" in statement or any("*" in action for action in actions):
            yield f"{name} allows {actions}: list single actions"


@rule(
    changed(*WRITER_STATEMENT, "Resource", to="*"),
    changed(*WRITER_STATEMENT, "Resource", to=["*"]),
    changed(*WRITER_STATEMENT, "Resource", to={"Fn::Sub": "arn:${AWS::Partition}:s3:::*"}),
    changed(*ALARM_STATEMENT, "Resource", to="*"),
    replaced(*SEARCH_LOG, old="${SearchDomainLogGroup.Arn}", new="*"),
)
def test_every_policy_names_resources_of_the_stack(template: Template) -> Iterator[str]:
    for name, statement in allowed(template):
        if name.endswith(" trust"):
            continue  # a trust policy names no resource, because it belongs to its role
        for resource in listed(statement["Resource"]):
            if not any(
                named in template["Resources"] or named in GIVEN for named in names(resource)
            ):
                actions = listed(statement["Action"])
                yield f"{name} allows {actions} on {resource}, which the stack does not own"


@rule(changed(*WRITER, "ManagedPolicyArns", 0, to="arn:aws:iam::aws:policy/AdministratorAccess"))
def test_managed_policies_are_only_for_logs_traces_and_event_sources(
    template: Template,
) -> Iterator[str]:
    for name, role in resources(template, "AWS::IAM::Role"):
        for arn in role.get("ManagedPolicyArns", []):
            text = arn["Fn::Sub"] if isinstance(arn, dict) else arn
            if text.rpartition("/")[2] not in MANAGED:
                yield f"{name} has the managed policy {text}"


@rule(
    changed(*QUEUE_STATEMENT, "Effect", to="Allow"),
    changed(*ALARM_STATEMENT, "Principal", to="*"),
    changed(*ALARM_STATEMENT, "Principal", to={"AWS": "*"}),
)
def test_no_policy_allows_everybody(template: Template) -> Iterator[str]:
    """Not even with a condition: every policy names its principals."""
    for name, statement in allowed(template):
        principal = statement.get("Principal")
        if principal == "*" or (
            isinstance(principal, dict) and "*" in listed(principal.get("AWS", []))
        ):
            yield f"{name} allows everybody {statement['Action']}"


@rule(
    without(*ALARM_STATEMENT, "Condition"),
    replaced(*SEARCH_LOG, old="aws:SourceAccount", new="aws:PrincipalTag/any"),
)
def test_services_may_act_only_for_this_account(template: Template) -> Iterator[str]:
    """Otherwise a bucket or alarm of another account could use our resource ("confused deputy")."""
    for name, statement in allowed(template):
        if name.endswith(" trust") or "Service" not in statement.get("Principal", {}):
            continue
        conditions = {key for test in statement.get("Condition", {}).values() for key in test}
        if not conditions & {"aws:SourceAccount", "aws:SourceArn"}:
            yield f"{name} allows {statement['Principal']} to act for any account"


@rule(
    without("OrdersFunctionListPermissionv1", "Properties", "SourceArn"),
    changed("OrdersFunctionListPermissionv1", "Properties", "Principal", to="*"),
)
def test_every_permission_to_invoke_a_function_names_its_source(
    template: Template,
) -> Iterator[str]:
    for name, permission in resources(template, "AWS::Lambda::Permission"):
        if permission["Principal"] == "*" or "SourceArn" not in permission:
            yield f"{name} has no SourceArn or no principal, so others may invoke the function"


def allowed(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every Allow statement, with the name of its policy.

    Key policies are left out. They delegate to IAM policies, which name the actions.
    """
    for name, policy in policies(template):
        for statement in statements(policy):
            if statement["Effect"] == "Allow" and not name.endswith(" key"):
                yield name, statement


def policies(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every policy and its name: of roles, of their trust, of resources and of keys."""
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
    """Return the statements of a policy, including those of both cases of a condition."""
    for statement in listed(document(policy)["Statement"]):
        yield from cases(statement)


def names(value: Any) -> Iterator[str]:
    """Return the logical ids that a value refers to, at any depth."""
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
