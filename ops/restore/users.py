"""The users of a user pool, as far as Cognito shows them, and as far as it can create them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ops.stack import DeployedStack
from ops.user import UserPool

_SET_BY_COGNITO = ("sub", "identities")


@dataclass(frozen=True, slots=True)
class KeptUser:
    """What can be read of a user. Passwords, authenticator apps and sessions cannot."""

    sub: str
    username: str
    enabled: bool
    attributes: dict[str, str]
    groups: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """The user as `to_json` has written it."""
        return cls(**fields)

    def to_json(self) -> dict[str, Any]:
        """The user for a file."""
        return asdict(self)

    @property
    def lasting(self) -> tuple[Any, ...]:
        """What must be the same after a restore."""
        return self.username, self.enabled, sorted(self.attributes.items()), sorted(self.groups)


def list_users(stack: DeployedStack) -> list[KeptUser]:
    """Return the users who have confirmed their registration."""
    cognito, pool = _pool(stack)
    groups: dict[str, list[str]] = {}
    for group in _all(cognito, "list_groups", "Groups", UserPoolId=pool):
        name = group["GroupName"]
        members = _all(cognito, "list_users_in_group", "Users", UserPoolId=pool, GroupName=name)
        for member in members:
            groups.setdefault(member["Username"], []).append(name)
    users = _all(cognito, "list_users", "Users", UserPoolId=pool)
    return [_kept(user, groups) for user in users if user["UserStatus"] != "UNCONFIRMED"]


def create_users(stack: DeployedStack, users: Iterable[KeptUser]) -> dict[str, str]:
    """Create the users who do not exist yet. Returns the new ids by the old ones.

    Nobody knows their passwords: a user sets a new one with a code, sent to the confirmed address.
    """
    cognito, pool = _pool(stack)
    existing = {user.username: user.sub for user in list_users(stack)}
    new_ids = {}
    for user in users:
        if user.username not in existing:
            password = UserPool(stack).generate_password()
            existing[user.username] = _create(cognito, pool, user, password)
        new_ids[user.sub] = existing[user.username]
    return new_ids


def _create(cognito: Any, pool: str, user: KeptUser, password: str) -> str:
    named = {"UserPoolId": pool, "Username": user.username}
    created = cognito.admin_create_user(
        **named,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in user.attributes.items()],
    )
    cognito.admin_set_user_password(**named, Password=password, Permanent=True)
    for group in user.groups:
        cognito.admin_add_user_to_group(**named, GroupName=group)
    if not user.enabled:
        cognito.admin_disable_user(**named)
    return _attributes(created["User"]["Attributes"])["sub"]


def _kept(user: dict[str, Any], groups: dict[str, list[str]]) -> KeptUser:
    attributes = _attributes(user["Attributes"])
    return KeptUser(
        sub=attributes["sub"],
        username=user["Username"],
        enabled=user["Enabled"],
        attributes={n: v for n, v in attributes.items() if n not in _SET_BY_COGNITO},
        groups=groups.get(user["Username"], []),
    )


def _attributes(listed: list[dict[str, str]]) -> dict[str, str]:
    return {each["Name"]: each.get("Value", "") for each in listed}


def _pool(stack: DeployedStack) -> tuple[Any, str]:
    pool = stack.resources("AWS::Cognito::UserPool")["UserPool"]
    return stack.client("cognito-idp"), pool


def _all(cognito: Any, operation: str, result: str, **request: Any) -> list[dict[str, Any]]:
    pages = cognito.get_paginator(operation).paginate(**request)
    return [each for page in pages for each in page[result]]
