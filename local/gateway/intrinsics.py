"""Resolve the template's intrinsic functions for a deployed stack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from project import template

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from project.template import Template

_NO_VALUE = object()  # AWS::NoValue: the property is left out
_PARTITION = "aws"

_ATTRIBUTES = {
    ("AWS::Cognito::UserPool", "Arn"): "cognito-idp:{region}:{account}:userpool/{name}",
    ("AWS::DynamoDB::Table", "Arn"): "dynamodb:{region}:{account}:table/{name}",
    ("AWS::IAM::Role", "Arn"): "iam::{account}:role/{name}",
    ("AWS::Lambda::Function", "Arn"): "lambda:{region}:{account}:function:{name}",
    ("AWS::SQS::Queue", "Arn"): "sqs:{region}:{account}:{name}",
}


@dataclass(frozen=True, slots=True)
class StackResolver:
    """A stack, with what intrinsic functions refer to. `ids` maps logical ids to physical ids."""

    name: str
    region: str
    account: str
    ids: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: Template = field(default_factory=template.translated)

    @classmethod
    def deployed(cls, name: str, region: str, cloudformation: CloudFormationClient) -> Self:
        """Return the stack as CloudFormation has deployed it."""
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        parameters = {
            each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])
        }
        return cls(
            name=name,
            region=region,
            account=stack["StackId"].split(":")[4],
            ids={each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources},
            parameters=parameters,
            template=template.translated(region, **parameters),
        )

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a type, by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.template["Resources"].items()
            if resource["Type"] == kind
        }

    def resolve(self, value: Any) -> Any:
        """Return the value with all intrinsic functions resolved. Raises LookupError."""
        if isinstance(value, list):
            return [each for item in value if (each := self.resolve(item)) is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._intrinsic(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def _intrinsic(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Ref", str():
                return self._ref(argument)
            case "Fn::GetAtt", [str(resource), str(attribute)]:
                return self._attribute(resource, attribute)
            case "Fn::GetAtt", str():
                return self._attribute(*argument.split(".", 1))
            case "Fn::Sub", str():
                return self._substituted(argument, {})
            case "Fn::Sub", [str(text), dict(names)]:
                return self._substituted(text, self.resolve(names))
            case "Fn::Join", [str(separator), parts]:
                return separator.join(self.resolve(parts))
            case "Fn::If", [str(condition), then, otherwise]:
                return self.resolve(then if self._holds(condition) else otherwise)
        raise LookupError(f"the API uses {name}, which the gateway does not support")

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": _PARTITION,
            "AWS::Region": self.region,
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        declared = self.template.get("Parameters", {}).get(name, {})
        for known in (pseudo, self.parameters, self.ids):
            if name in known:
                return known[name]
        if "Default" in declared:
            return declared["Default"]
        raise LookupError(f"the stack has no parameter or resource {name}")

    def _attribute(self, resource: str, attribute: str) -> str:
        kind = self.template["Resources"][resource]["Type"]
        name = self._ref(resource).rpartition("/")[2]  # a queue's physical id is its URL
        if (kind, attribute) == ("AWS::SQS::Queue", "QueueName"):
            return str(name)
        if (kind, attribute) not in _ATTRIBUTES:
            raise LookupError(f"the gateway does not support the attribute {attribute} of {kind}")
        arn = _ATTRIBUTES[kind, attribute]
        return f"arn:{_PARTITION}:" + arn.format(
            region=self.region, account=self.account, name=name
        )

    def _substituted(self, text: str, names: Mapping[str, Any]) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in names:
                return str(names[name])
            if "." in name:
                return self._attribute(*name.split(".", 1))
            return str(self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def _holds(self, condition: str) -> bool:
        return self._true(self.template["Conditions"][condition])

    def _true(self, rule: dict[str, Any]) -> bool:
        [(name, argument)] = rule.items()
        match name:
            case "Condition":
                return self._holds(argument)
            case "Fn::Equals":
                left, right = self.resolve(argument)
                return str(left) == str(right)
            case "Fn::Not":
                return not self._true(argument[0])
            case "Fn::And":
                return all(map(self._true, argument))
            case "Fn::Or":
                return any(map(self._true, argument))
        raise LookupError(f"the gateway does not support the condition function {name}")
