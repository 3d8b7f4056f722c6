"""Evaluate the policy that a Lambda authorizer returns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

ACTION = "execute-api:Invoke"


class Decision(Enum):
    """The result of a policy. The values are API Gateway's messages."""

    ALLOW = ""
    IMPLICIT_DENY = "User is not authorized to access this resource"
    EXPLICIT_DENY = "User is not authorized to access this resource with an explicit deny"


def decision(policy: Mapping[str, Any], method_arn: str) -> Decision:
    """Return the decision for a method. Raises LookupError or ValueError for an invalid policy."""
    effects = {
        statement["Effect"]
        for statement in _listed(policy["Statement"])
        if _applies(statement, method_arn)
    }
    if not effects <= {"Allow", "Deny"}:
        raise ValueError("the effect must be Allow or Deny")
    if "Deny" in effects:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOW if effects else Decision.IMPLICIT_DENY


def _applies(statement: Mapping[str, Any], method_arn: str) -> bool:
    if unknown := statement.keys() - {"Sid", "Effect", "Action", "Resource"}:
        raise ValueError(f"the gateway does not support {unknown} in a statement")
    actions = [action.lower() for action in _listed(statement["Action"])]
    return any(_matches(action, ACTION.lower()) for action in actions) and any(
        _matches(resource, method_arn) for resource in _listed(statement["Resource"])
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, text: str) -> bool:
    """Return whether a text matches. As in IAM, `*` also matches slashes."""
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(escaped, text, re.DOTALL) is not None
