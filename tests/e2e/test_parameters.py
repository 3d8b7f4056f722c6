"""Combinations of parameters that cannot work are refused before anything is deployed.

The emulator evaluates the template's `Rules` as CloudFormation does, with a change set.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator_clients import Outputs, client
from project import template

pytestmark = pytest.mark.xdist_group("stack")

UNPROTECTED = {"DeletionProtection": "false"}
JWT = UNPROTECTED | {"ApiAuthorizer": "Jwt"}
PAGES = UNPROTECTED | {
    "SignInDomain": "shop",
    "CallbackUrls": "https://a.example,https://b.example",
}
ISSUED = JWT | {"JwtIssuer": "https://issuer.example", "JwtAudience": "storefront"}


@pytest.fixture
def cloudformation(outputs: Outputs) -> Any:
    return client("cloudformation", outputs["Endpoint"])


def deploy(cloudformation: Any, parameters: dict[str, str]) -> None:
    """Ask for a change set of these parameters. The rules see no resources, so one will do."""
    whole = template.translated()
    part = {name: whole[name] for name in ("Parameters", "Rules")}
    name = f"parameters-{uuid.uuid4()}"
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName="new",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(part | {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    cloudformation.delete_stack(StackName=name)


@pytest.mark.parametrize(
    "parameters",
    [
        UNPROTECTED,
        {"DeletionProtection": "true", "AlarmEmail": "ops@shop.example"},
        ISSUED,
        ISSUED | {"JwtAlgorithm": "HS256"},
        PAGES,
    ],
)
def test_what_works_is_accepted(cloudformation: Any, parameters: dict[str, str]) -> None:
    deploy(cloudformation, parameters)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({}, "needs AlarmEmail"),
        ({"DeletionProtection": "true"}, "needs AlarmEmail"),
        (JWT, "needs JwtIssuer"),
        (JWT | {"JwtAlgorithm": "HS256", "JwtAudience": "storefront"}, "needs JwtIssuer"),
        (JWT | {"JwtIssuer": "https://issuer.example"}, "needs JwtAudience"),
        (PAGES | {"CallbackUrls": ""}, "SignInDomain needs CallbackUrls"),
        (PAGES | {"SignInDomain": ""}, "CallbackUrls need SignInDomain"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(
    cloudformation: Any, parameters: dict[str, str], why: str
) -> None:
    with pytest.raises(ClientError, match=why):
        deploy(cloudformation, parameters)
