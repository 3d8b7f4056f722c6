"""The definition of the API: the values of a stack in the template, and its routes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from local.gateway.definition import ApiDefinition, Operation
from local.gateway.intrinsics import StackResolver
from tests.harness.edge import stack

SMALL: dict[str, Any] = {
    "Parameters": {"Given": {"Type": "String"}, "Left": {"Type": "String", "Default": "default"}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "Given"}, "value"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
    },
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Role": {"Type": "AWS::IAM::Role"},
        "Function": {"Type": "AWS::Lambda::Function"},
    },
}


@pytest.fixture
def small() -> StackResolver:
    ids = {"Queue": "http://localhost:4566/123456789012/queue-1", "Role": "role-1"}
    return StackResolver("shop", "eu-west-1", "123456789012", ids, {"Given": "value"}, SMALL)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Given"}, "value"),
        ({"Ref": "Left"}, "default"),
        ({"Ref": "AWS::StackName"}, "shop"),
        ({"Fn::GetAtt": ["Queue", "QueueName"]}, "queue-1"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:aws:sqs:eu-west-1:123456789012:queue-1"),
        ({"Fn::GetAtt": "Role.Arn"}, "arn:aws:iam::123456789012:role/role-1"),
        ({"Fn::Sub": "${AWS::Region} ${Role} ${Queue.QueueName} ${!kept}"},
         "eu-west-1 role-1 queue-1 ${kept}"),
        ({"Fn::Sub": ["${a}-${Given}", {"a": {"Ref": "Left"}}]}, "default-value"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Given"}]]}, "a/value"),
        ({"a": {"Fn::If": ["Yes", 1, 2]}, "b": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}},
         {"a": 1}),
        ([{"Fn::If": ["Both", 1, {"Ref": "AWS::NoValue"}]}, {"Fn::If": ["Either", 1, 2]}], [1]),
    ],
)  # fmt: skip
def test_intrinsic_functions_are_resolved(small: StackResolver, value: Any, resolved: Any) -> None:
    assert small.resolve(value) == resolved


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Nothing"},
        {"Ref": "Function"},
        {"Fn::GetAtt": ["Role", "RoleId"]},
        {"Fn::ImportValue": "other"},
    ],
)
def test_an_intrinsic_function_that_cannot_be_resolved_is_an_error(
    small: StackResolver, value: Any
) -> None:
    with pytest.raises(LookupError):
        small.resolve(value)


def test_a_deployed_stack_is_read_from_cloudformation() -> None:
    cloudformation = boto3.client("cloudformation")
    described = {
        "StackName": "shop",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1",
        "CreationTime": 0,
        "StackStatus": "CREATE_COMPLETE",
        "Parameters": [{"ParameterKey": "ThrottlingRate", "ParameterValue": "7"}],
    }
    resource = {
        "LogicalResourceId": "OrdersQueue",
        "PhysicalResourceId": "http://localhost/123456789012/orders",
        "ResourceType": "AWS::SQS::Queue",
        "Timestamp": 0,
        "ResourceStatus": "CREATE_COMPLETE",
    }
    with Stubber(cloudformation) as stubbed:
        stubbed.add_response("describe_stacks", {"Stacks": [described]}, {"StackName": "shop"})
        stubbed.add_response("describe_stack_resources", {"StackResources": [resource]})

        shop = StackResolver.deployed("shop", "eu-west-1", cloudformation)

    assert shop.account == "123456789012"
    assert shop.resolve({"Ref": "ThrottlingRate"}) == "7"
    assert shop.resolve({"Fn::GetAtt": ["OrdersQueue", "QueueName"]}) == "orders"


def test_the_limits_of_the_stage_are_parameters_of_the_stack() -> None:
    api = ApiDefinition.of(stack(ThrottlingRate="7", ThrottlingBurst="9"))

    assert (api.rate, api.burst) == (7, 9)


@pytest.mark.parametrize(("search", "is_there"), [("none", False), ("domain", True)])
def test_a_route_with_a_condition_exists_if_the_condition_is_true(
    search: str, *, is_there: bool
) -> None:
    definition = ApiDefinition.of(stack(Search=search))

    assert (definition.route("GET", "/search") is not None) is is_there


def test_the_definition_contains_no_intrinsic_functions() -> None:
    api = ApiDefinition.of(stack())

    assert "Fn::" not in repr(api)
    assert "'Ref'" not in repr(api)


@pytest.mark.parametrize(
    ("method", "path", "resource", "parameters"),
    [
        ("GET", "/a", "/a", {}),
        ("GET", "/a/b", "/a/b", {}),
        ("GET", "/a/x%2Fy", "/a/{id}", {"id": "x%2Fy"}),
        ("GET", "/a/x/y/z", "/a/{rest+}", {"rest": "x/y/z"}),
        ("PUT", "/a/b", "/a/{id}", {"id": "b"}),
        ("GET", "/a/", "/a", {}),
        ("GET", "/a/b/", "/a/b", {}),
        ("GET", "/a/x/y/z/", "/a/{rest+}", {"rest": "x/y/z"}),
        ("GET", "/a//", None, None),
        ("PUT", "/a", None, None),
        ("GET", "a", None, None),
        ("GET", "", None, None),
    ],
)
def test_a_path_is_served_by_the_most_specific_route(
    method: str, path: str, resource: str | None, parameters: dict[str, str] | None
) -> None:
    routes = [("GET", "/a/{rest+}"), ("ANY", "/a/{id}"), ("GET", "/a/b"), ("GET", "/a")]
    operations = [Operation(method, resource, {}, None, {}, []) for method, resource in routes]
    api = replace(ApiDefinition.of(stack()), operations=operations)

    found = api.route(method, path)

    assert (found and (found[0].resource, found[1])) == (resource and (resource, parameters))
