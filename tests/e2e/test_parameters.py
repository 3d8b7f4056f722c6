"""Invalid combinations of parameters are refused before anything is deployed.

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
EMAIL = UNPROTECTED | {
    "UserEmailFrom": "Shop <shop@shop.example>",
    "UserEmailIdentityArn": "arn:aws:ses:eu-west-1:123456789012:identity/shop.example",
}
BUYERS = UNPROTECTED | {
    "BuyerEmails": "Shop <orders@shop.example>",
    "BuyerEmailsIdentityArn": "arn:aws:ses:eu-west-1:123456789012:identity/shop.example",
}
ISSUED = JWT | {"JwtIssuer": "https://issuer.example", "JwtAudience": "storefront"}


@pytest.fixture
def cloudformation(outputs: Outputs) -> Any:
    return client("cloudformation", outputs)


def deploy(cloudformation: Any, parameters: dict[str, str]) -> None:
    """Create a change set with these parameters. Rules ignore resources, so one is enough."""
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
        EMAIL,
        EMAIL | {"UserEmailFrom": "shop@shop.example"},
        BUYERS,
    ],
)
def test_valid_combinations_are_accepted(cloudformation: Any, parameters: dict[str, str]) -> None:
    deploy(cloudformation, parameters)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({}, "needs AlarmEmail"),
        ({"DeletionProtection": "true"}, "needs AlarmEmail"),
        (JWT, "needs JwtIssuer"),
        (JWT | {"JwtAlgorithm": "HS256", "JwtAudience": "storefront"}, "needs JwtIssuer"),
        (JWT | {"JwtIssuer": "https://issuer.example"}, "needs JwtAudience"),
        (PAGES | {"CallbackUrls": ""}, "SignInDomain needs CallbackUrls"),
        (PAGES | {"SignInDomain": ""}, "CallbackUrls need SignInDomain"),
        (EMAIL | {"UserEmailFrom": ""}, "UserEmailIdentityArn needs UserEmailFrom"),
        (UNPROTECTED | {"ApiDomain": "api.shop.example"}, "ApiDomain needs ApiCertificateArn"),
        (UNPROTECTED | {"LiveDomain": "live.shop.example"}, "LiveDomain needs ApiCertificateArn"),
        (UNPROTECTED | {"WebDomain": "shop.example"}, "WebDomain needs WebCertificateArn"),
        (UNPROTECTED | {"WebLogs": "true"}, "WebLogs need Web=true"),
        (BUYERS | {"BuyerEmails": ""}, "BuyerEmailsIdentityArn needs BuyerEmails"),
        (BUYERS | {"BuyerEmailsIdentityArn": ""}, "BuyerEmails need BuyerEmailsIdentityArn"),
        (EMAIL | {"UserEmailIdentityArn": ""}, "UserEmailFrom needs UserEmailIdentityArn"),
    ],
)
def test_invalid_combinations_are_refused_with_the_reason(
    cloudformation: Any, parameters: dict[str, str], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        deploy(cloudformation, parameters)
