"""The permissions that the template grants each function, and those that an AWS call requires.

A resource is written by its logical ID and what follows it: `OrdersTable/index/placedBy`,
`ImagesBucket/uploads/*`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from botocore.model import OperationModel

from project import functions, template
from tests.template.rules import cases, listed, referred

# DynamoDB guide, "Using IAM with DynamoDB transactions".
_PARTS_OF_TRANSACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}

# DynamoDB guide, "IAM security policies with PartiQL for DynamoDB".
_PARTIQL = re.compile(r'INSERT INTO "(.+?)"')

# S3 guide, "Multipart upload API and permissions". To abort an upload is an action of its own.
_PARTS_OF_UPLOADS = {"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"}

_NAMED_BY = ("QueueUrl", "TopicArn")


@dataclass(frozen=True, order=True)
class Permission:
    """An action on a resource; a granted resource may contain `*`."""

    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"

    def allows(self, needed: Permission) -> bool:
        return self.action == needed.action and fnmatchcase(needed.resource, self.resource)


@cache
def granted(function: str) -> frozenset[Permission]:
    """Return the permissions that the template grants a function, in both cases of an `If`.

    SAM adds to a role what Lambda itself uses, for logs, traces and failure destinations.
    """
    resources = template.raw()["Resources"]
    name = functions.logical_id(function)
    written = resources[name]["Properties"].get("Policies", [])
    policies = [case for each in written for case in cases(each)]
    policies += [
        found["Properties"]["PolicyDocument"]
        for found in resources.values()
        if found["Type"] == "AWS::IAM::Policy"
        and {"Ref": f"{name}Role"} in found["Properties"]["Roles"]
    ]
    return frozenset(
        Permission(action, _resource(resource))
        for policy in policies
        for statement in policy["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    )


def needed(
    function: str, operation: OperationModel, parameters: Mapping[str, Any]
) -> Iterator[Permission]:
    """Return the permissions that a call requires; none if the service requires no signature."""
    if operation.auth_type == "none":
        return
    service, name = operation.service_model.signing_name, operation.name
    match service, parameters:
        case "dynamodb", {"TransactItems": items}:
            for item in items:
                [(part, write)] = item.items()
                yield permission_on(
                    function, f"dynamodb:{_PARTS_OF_TRANSACTIONS[part]}", write["TableName"]
                )
        case "dynamodb", {"RequestItems": tables}:
            for table in tables:
                yield permission_on(function, f"dynamodb:{name}", table)
        case "dynamodb", {"Statements": statements}:
            for statement in statements:
                [table] = _PARTIQL.findall(statement["Statement"])
                yield permission_on(function, "dynamodb:PartiQLInsert", table)
        case "dynamodb", {"TableName": table, **more}:
            index = f"/index/{more['IndexName']}" if "IndexName" in more else ""
            yield permission_on(function, f"dynamodb:{name}", table, index)
        case "s3", {"Bucket": bucket, "Key": key}:
            action = "PutObject" if name in _PARTS_OF_UPLOADS else name
            yield permission_on(function, f"s3:{action}", bucket, f"/{key}")
        case "s3", {"Bucket": bucket}:
            # Listing objects has no action of its own (Service Authorization Reference).
            yield permission_on(function, "s3:ListBucket", bucket)
        case "cognito-idp", {"UserPoolId": _}:
            # The only pool. A trigger of the pool finds its ID in the event.
            yield Permission(f"cognito-idp:{name}", "UserPool")
        case "execute-api", {"ConnectionId": connection}:
            path = f"LiveApi/v1/{operation.http['method']}/@connections/{connection}"
            yield Permission("execute-api:ManageConnections", path)
        case "events", {"Entries": entries}:
            for bus in {entry["EventBusName"] for entry in entries}:
                yield permission_on(function, "events:PutEvents", bus)
        case "ses", {"FromEmailAddress": _}:
            yield Permission(f"ses:{name}", "BuyerEmailsIdentityArn")
        case "secretsmanager", {"SecretId": secret}:
            yield permission_on(function, f"secretsmanager:{name}", secret)
            # With a customer managed key (Secrets Manager guide, "Secret encryption").
            yield Permission("kms:Decrypt", "JwtSecretKey")
        case _:
            [value] = (parameters[each] for each in _NAMED_BY if each in parameters)
            # SNS has no action of its own for PublishBatch (Service Authorization Reference).
            yield permission_on(function, f"{service}:{name.removesuffix('Batch')}", value)


def permission_on(function: str, action: str, value: str, rest: str = "") -> Permission:
    """Return the permission for a resource, given the value of an environment variable."""
    properties = template.raw()["Resources"][functions.logical_id(function)]["Properties"]
    for name, source in properties["Environment"]["Variables"].items():
        if os.environ.get(name) == value:
            for found in filter(None, map(referred, cases(source))):
                return Permission(action, found + rest)
    return Permission(action, value + rest)


def _resource(arn: Any) -> str:
    if found := referred(arn):
        return found
    text, parsed = arn["Fn::Sub"], template.raw()
    variables = list(re.finditer(r"\$\{(\w+)[^}]*\}", text))
    start = next(each.start() for each in variables if each[1] in parsed["Resources"])

    def named(variable: re.Match[str]) -> str:
        parameter = parsed["Parameters"].get(variable[1], {})
        return str(parameter.get("Default", variable[1]))

    return re.sub(r"\$\{(\w+)[^}]*\}", named, text[start:])
