"""Deployments of functions: their aliases, what rolls a version back, and when there is one."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from local.gateway.intrinsics import StackResolver
from project import template as stack
from project.template import ROOT, Template, aliased
from tests.template.rules import changed, referred, replaced, resources, rule, without

CANARY = "Canary10Percent5Minutes"

MAX_DESCRIPTION = 256
"""Characters of the description of a version (Lambda API reference, PublishVersion)."""

WRITER = "OrdersWriterFunction"
VERSION = next(name for name in stack.translated()["Resources"] if name.startswith(WRITER + "V"))
GROUP = ("OrdersPublisherFunctionDeploymentGroup", "Properties")
ALARMS = (*GROUP, "AlarmConfiguration", "Alarms")

VALUES = {"Search": ["domain", "https://search.example"], "JwtAlgorithm": ["HS256"]}
"""Of parameters whose pattern an invented value does not have."""


def gradual() -> Template:
    return stack.translated(Deployment=CANARY)


@rule(
    without("OrdersFunctionAliaslive", "UpdatePolicy"),
    without(*ALARMS, 0),
    without(*ALARMS, 1),
    without(*ALARMS, 2),
    changed(*GROUP, "AutoRollbackConfiguration", "Events", to=["DEPLOYMENT_FAILURE"]),
    of=gradual,
)
def test_a_version_that_raises_an_alarm_is_rolled_back(template: Template) -> Iterator[str]:
    """fault 117. The alarm of the API, and those of the errors and delays of the function."""
    groups = dict(resources(template, "AWS::CodeDeploy::DeploymentGroup"))
    for name, alias in template["Resources"].items():
        if alias["Type"] != "AWS::Lambda::Alias":
            continue
        update = alias.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
        group = groups.get(referred(update.get("DeploymentGroupName")) or "")
        if group is None:
            yield f"{name} is updated without CodeDeploy"
            continue
        stopping = {referred(each["Name"]) for each in group["AlarmConfiguration"]["Alarms"]}
        yield from (
            f"{name} is not rolled back by {alarm}"
            for alarm in {"ApiErrorsAlarm", *alarms_of(template, aliased(name))} - stopping
        )
        if "DEPLOYMENT_STOP_ON_ALARM" not in group["AutoRollbackConfiguration"]["Events"]:
            yield f"{name} is not rolled back"


def alarms_of(template: Template, function: str) -> Iterator[str]:
    for name, alarm in resources(template, "AWS::CloudWatch::Alarm"):
        watched = [referred(each["Value"]) for each in alarm.get("Dimensions", [])]
        if alarm.get("Namespace") == "AWS/Lambda" and watched == [function]:
            yield name


@rule(
    changed("OrdersWriterFunctionQueue", "Properties", "FunctionName", to={"Ref": WRITER}),
    changed("UserPool", "Properties", "LambdaConfig", "PreSignUp", to={"Ref": "PreSignUpFunction"}),
)
def test_everything_invokes_the_alias(template: Template) -> Iterator[str]:
    """What invoked the function itself would run a new version before it is checked."""
    functions = {name for name, _ in resources(template, "AWS::Lambda::Function")}
    may = {f"AWS::{each}" for each in ("Lambda::Alias", "Lambda::Version", "CloudWatch::Alarm")}
    for name, resource in template["Resources"].items():
        if resource["Type"] not in may | {"AWS::CloudWatch::Dashboard"}:
            for function in functions & references(resource):
                yield f"{name} refers to {function} instead of its alias"


@rule(
    changed("ApiErrorsAlarm", "Properties", "Dimensions", 1, "Value", to={"Ref": "Apiv1Stage"}),
    of=gradual,
)
def test_no_resource_depends_on_itself(template: Template) -> Iterator[str]:
    """CloudFormation refuses a cycle, also one over an update policy, which no linter follows."""
    names = template["Resources"].keys()
    graph = {name: references(each) & names for name, each in template["Resources"].items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " -> ".join(error.args[1])


def references(value: Any) -> set[str]:
    """Return the names in `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn` anywhere in a tree."""
    text = json.dumps(value)
    found = re.findall(r'"(?:Ref|DependsOn)": "(\w+)"|"Fn::GetAtt": \["(\w+)"|\$\{(\w+)[.}]', text)
    return {name for names in found for name in names if name}


def test_all_at_once_needs_no_code_deploy() -> None:
    types = {resource["Type"] for resource in stack.translated()["Resources"].values()}

    assert {each for each in types if "CodeDeploy" in each} == set()


def test_production_is_deployed_step_by_step_and_nothing_else() -> None:
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())
    chosen = {
        environment: parts["global"]["parameters"].get("parameter_overrides", {}).get("Deployment")
        for environment, parts in settings.items()
        if isinstance(parts, dict)
    }

    assert {name: how for name, how in chosen.items() if how} == {"prod": CANARY}


class Resolved(StackResolver):
    """The template with values of its parameters. What a resource has is a name."""

    def _attribute(self, resource: str, attribute: str) -> str:
        return f"{resource}.{attribute}"


def resolved(template: Template, **parameters: str) -> StackResolver:
    ids = {name: name for name in template["Resources"]}
    return Resolved("shop", "us-east-1", "123456789012", ids, parameters, template)


def variants(template: Template) -> Iterator[dict[str, str]]:
    """Every other value of every parameter, alone, with another issuer, and with search."""
    for base in ({}, {"ApiAuthorizer": "Jwt"}, {"Search": "domain"}):
        yield base
        for name, parameter in template["Parameters"].items():
            invented = "7" if parameter["Type"] == "Number" else "other"
            for value in VALUES.get(name, parameter.get("AllowedValues", [invented])):
                yield base | {name: str(value)}


def states(template: Template, parameters: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return what each function is, and what its version is called, by the function's name."""
    values = resolved(template, **parameters)
    versions = {
        referred(version["FunctionName"]): [name, values.resolve(version["Description"])]
        for name, version in resources(template, "AWS::Lambda::Version")
    }
    return {
        name: (json.dumps(values.resolve(function)), json.dumps(versions[name]))
        for name, function in resources(template, "AWS::Lambda::Function")
    }


@rule(
    changed(VERSION, "Properties", "Description", to="always"),
    changed(VERSION, "Properties", "Description", to={"Ref": "AllowedOrigin"}),
    replaced(
        *(next(n for n in stack.translated()["Resources"] if n.startswith("UsersFunctionV")),),
        *("Properties", "Description", "Fn::Sub", 0),
        old="${AccountRoutes}",
        new="${AWS::Region}",
    ),
)
def test_a_parameter_that_changes_a_function_makes_a_version_of_it(
    template: Template,
) -> Iterator[str]:
    """fault 118. Lambda refuses to publish a version of a function that has not changed."""
    before = states(template, {})
    for parameters in variants(template):
        for name, (function, version) in states(template, parameters).items():
            if (function != before[name][0]) != (version != before[name][1]):
                yield f"with {parameters}, {name} and its version do not change together"


def longest(template: Template) -> dict[str, str]:
    """Return for each parameter of the template a value as long as it may be."""
    return {
        name: "x" * int(parameter.get("MaxLength", 10 if parameter["Type"] == "Number" else 999))
        for name, parameter in template["Parameters"].items()
        if "AllowedValues" not in parameter
    }


def test_the_description_of_a_version_is_short_enough_for_all_values() -> None:
    template = stack.translated()
    values = resolved(template, **longest(template))

    lengths = {
        name: len(values.resolve(version["Description"]))
        for name, version in resources(template, "AWS::Lambda::Version")
    }

    assert {name: n for name, n in lengths.items() if n > MAX_DESCRIPTION} == {}
