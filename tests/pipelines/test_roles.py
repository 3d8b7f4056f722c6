"""The roles that deploy from GitHub: exactly what a deployment of the template takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from project import template
from project.template import ROOT
from tests.pipelines.registry import listed_types, registered, unused
from tests.pipelines.registry import taken as taken_by
from tests.template.snapshot import PARAMETER_SETS

ROLES = template.parsed((ROOT / ".github/aws/roles.yaml").read_text())["Resources"]
POLICIES = ("DataPolicy", "CodePolicy", "DeliveryPolicy")

MAX_POLICY_CHARACTERS = 6144
"""Of a managed policy, without white space, by the quotas of IAM."""

LONGEST = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::Region}": "ap-southeast-2",
    "${AWS::AccountId}": "123456789012",
    "${StackNames}": "storefront-preview-*",
}

# The transform of SAM is a macro, which CloudFormation runs for the deployment.
SAM = {"cloudformation:createchangeset"}


def resources() -> Iterator[tuple[str, dict[str, Any]]]:
    """The resources of the template, with each set of parameters."""
    for parameters in PARAMETER_SETS.values():
        yield from template.translated(**parameters)["Resources"].items()


def statements(policy: str) -> list[dict[str, Any]]:
    return ROLES[policy]["Properties"]["PolicyDocument"]["Statement"]  # type: ignore[no-any-return]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


GRANTED = {
    action
    for statement in chain.from_iterable(map(statements, POLICIES))
    for action in listed(statement["Action"])
}


def types() -> set[str]:
    return {resource["Type"] for _, resource in resources()}


def test_the_deployment_role_has_the_actions_that_these_resources_take_and_no_others() -> None:
    taken = set().union(*map(taken_by, types())) | SAM

    granted = {action.lower() for action in GRANTED}

    assert sorted(taken - granted) == [], "not granted by .github/aws/roles.yaml"
    assert sorted(granted - taken) == [], (
        "granted without need, or see tests/pipelines/actions.yaml"
    )


def test_the_exceptions_are_of_types_in_the_template_and_registered() -> None:
    stale = {each: unused(each) - registered(each) for each in listed_types()}

    assert {name: actions for name, actions in stale.items() if actions} == {}
    assert listed_types() - types() == set()


def test_no_action_is_named_by_a_pattern() -> None:
    assert [action for action in GRANTED if "*" in action] == []


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_is_within_the_quota_of_iam(policy: str) -> None:
    text = json.dumps(ROLES[policy]["Properties"]["PolicyDocument"], separators=(",", ":"))
    text = re.sub(r'\{"Fn::Sub":("[^"]*")\}', r"\1", text)
    for variable, value in LONGEST.items():
        text = text.replace(variable, value)

    assert len(text) <= MAX_POLICY_CHARACTERS


def test_roles_can_be_passed_to_the_services_that_the_template_names() -> None:
    trusted = {
        service
        for _, resource in resources()
        if resource["Type"] == "AWS::IAM::Role"
        for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for service in listed(statement["Principal"]["Service"])
    }
    [pass_role] = [each for each in statements("CodePolicy") if each["Action"] == "iam:PassRole"]

    allowed = pass_role["Condition"]["StringEquals"]["iam:PassedToService"]

    assert set(allowed) == trusted


def test_names_that_do_not_begin_with_the_stacks_are_those_of_the_template() -> None:
    """CloudFormation names a secret by its logical ID, and SAM a layer."""
    names = {
        resource["Type"]: name
        for name, resource in resources()
        if resource["Type"] == "AWS::SecretsManager::Secret"
    }
    layers = {
        resource["Properties"]["LayerName"]
        for _, resource in resources()
        if resource["Type"] == "AWS::Lambda::LayerVersion"
    }
    granted = json.dumps([statements(policy) for policy in POLICIES])

    assert set(re.findall(r":secret:([A-Za-z]+)-\*", granted)) == set(names.values())
    assert set(re.findall(r":layer:([A-Za-z]+)", granted)) == layers


def test_only_jobs_of_the_environment_get_the_role_of_the_pipeline() -> None:
    trust = ROLES["PipelineRole"]["Properties"]["AssumeRolePolicyDocument"]

    [statement] = trust["Statement"]

    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": {
                "Fn::Sub": "repo:${Repository}:environment:${Environment}"
            },
        }
    }


def test_the_pipeline_of_production_cannot_touch_data() -> None:
    """Its own policy starts deployments. The one for tests is not created in production."""
    [policy] = ROLES["PipelineRole"]["Properties"]["Policies"]
    services = {
        action.split(":")[0]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }

    assert services == {"cloudformation", "iam", "s3"}
    assert ROLES["TestPolicy"]["Condition"] == "IsNotProduction"
