"""The template translates to what is recorded: a refactoring changes nothing that is deployed."""

from __future__ import annotations

import re

import pytest

from project import template
from tests.template import snapshot

SMALL = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  ApiAuthorizer: {Type: String, Default: Cognito}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 30}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmDescription: The queue is full., Threshold: 1}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      DefinitionBody:
        openapi: 3.0.1
        paths: {/orders: {get: {x-amazon-apigateway-integration: {type: mock}}}}
      Auth:
        DefaultAuthorizer: !Ref ApiAuthorizer
        Authorizers:
          Cognito: {UserPoolArn: arn}
          Jwt: {FunctionArn: arn, Identity: {Header: Authorization, ReauthorizeEvery: 60}}
"""


def test_the_translation_is_the_recorded_one() -> None:
    recorded = set(snapshot.RECORD.read_text().splitlines())

    differing = recorded ^ set(snapshot.record(template.raw()))

    names = sorted({line.partition(" ")[2] for line in differing})
    assert not names, (
        f"the translation of template.yaml is not the recorded one: {', '.join(names)}. "
        "If you meant to change what is deployed, run `make snapshot`, which prints the changes "
        "and records them"
    )


@pytest.mark.slow
def test_a_changed_value_is_found_with_its_path() -> None:
    changed = SMALL.replace("VisibilityTimeout: 30", "VisibilityTimeout: 7")

    path = "Resources/Queue/Properties/VisibilityTimeout"
    assert changes(changed) == [f"-{path} = 30", f"+{path} = 7"]
    assert differing(changed) == {"Resources/Queue"}


@pytest.mark.slow
def test_a_change_that_only_other_parameters_show_is_found() -> None:
    changed = SMALL.replace("DefaultAuthorizer: !Ref ApiAuthorizer", "DefaultAuthorizer: Cognito")

    assert differing(changed) == {"Resources/Api (AWS_IAM)", "Resources/Api (Jwt)"}


@pytest.mark.slow
def test_descriptions_and_order_are_not_recorded() -> None:
    head, parameters, resources = re.split("(?m)^(?=Parameters|Resources)", SMALL)
    changed = head + resources.replace("is full", "is not empty") + parameters

    assert changes(changed) == []
    assert differing(changed) == set()


def changes(changed: str) -> list[str]:
    return snapshot.changes(template.parsed(SMALL), template.parsed(changed))


def differing(changed: str) -> set[str]:
    """Return the names whose digests differ from those of the small template."""
    lines = set(snapshot.record(template.parsed(SMALL)))
    lines ^= set(snapshot.record(template.parsed(changed)))
    return {line.partition(" ")[2] for line in lines}
