"""Quotas: which counters a function writes, and limits that leave every user something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from common import quotas
from project import template as stack
from project.template import ROOT, Template
from tests.template.rules import changed, listed, resources, rule, without
from tests.template.test_functions import folder_of

NAMES = dict(
    re.findall(
        r"def (count_\w+)\(.*?\.count\((\w+),",
        (ROOT / "layers/common/common/quotas.py").read_text(),
        re.DOTALL,
    )
)
"""The constants of the quotas, by the functions that count them."""

USERS = ("UsersFunctionRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 4)


@rule(
    without(*USERS),
    changed(*USERS, "Action", to=["dynamodb:UpdateItem", "dynamodb:DeleteItem"]),
    changed(*USERS, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys", to="quota#*"),
)
def test_a_function_writes_only_the_counters_that_its_code_counts(
    template: Template,
) -> Iterator[str]:
    """fault 73. So no function can give a user more than the quota, or use it up."""
    for name, _ in resources(template, "AWS::Lambda::Function"):
        source = "".join(path.read_text() for path in folder_of(name).glob("*.py"))
        used = re.findall(r"quotas\.(count_\w+)", source)
        counted = {getattr(quotas, NAMES[each]).name for each in used}
        allowed = set(counters(template, name))
        if allowed != {("dynamodb:UpdateItem", f"quota#{each}#*") for each in counted}:
            yield f"{name} counts {counted}, and its role allows {allowed}"


def counters(template: Template, function: str) -> Iterator[tuple[str, str]]:
    """The actions of a function's role on counters, each with the pattern of their keys."""
    role: dict[str, Any] = template["Resources"][f"{function}Role"]["Properties"]
    for policy in role.get("Policies", []):
        for statement in policy.get("PolicyDocument", {}).get("Statement", []):
            condition = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
            for key in listed(condition.get("dynamodb:LeadingKeys", [])):
                if key.startswith("quota#"):
                    yield from ((action, key) for action in listed(statement["Action"]))


def test_every_limit_leaves_each_user_something() -> None:
    """0 could mean nothing or everything, so it is refused."""
    parameters = template_parameters()

    assert parameters.keys() >= {"UploadsPerHour", "SignInsPerHour", "CodesPerHour"}
    for name, parameter in parameters.items():
        assert (name, parameter["Type"], parameter["MinValue"]) == (name, "Number", 1)
        assert parameter["Default"] > 1


def template_parameters() -> dict[str, Any]:
    """The parameters that are limits of one user."""
    limit = re.compile(r"\w+(PerHour|PerDay|Connections)")
    return {name: each for name, each in stack.raw()["Parameters"].items() if limit.fullmatch(name)}
