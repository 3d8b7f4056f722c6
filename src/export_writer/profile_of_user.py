"""The user's account: what the user pool stores, or what the token of another issuer says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from progress import Position, Work

from common import aws
from common.dynamodb import items


def write(work: Work, _: Position) -> None:
    work.archive.add_json("profile", {"sub": work.user_id, **_account(work)})


def _account(work: Work) -> dict[str, Any]:
    if aws.env("ACCOUNT_ROUTES") == "on":  # the callers of the API are the users of the pool
        return _pool_user(work.user_id) or work.export.caller
    return work.export.caller


def _pool_user(user_id: str) -> dict[str, Any]:
    """The user with this `sub`, empty if there is none."""
    if not items.is_uuid(user_id):  # also ensures that the filter has no other meaning
        return {}
    cognito, pool = aws.cognito(), aws.env("USER_POOL_ID")
    found = cognito.list_users(UserPoolId=pool, Filter=f'sub = "{user_id}"')["Users"]
    if not found:
        return {}
    user = found[0]
    groups = cognito.admin_list_groups_for_user(UserPoolId=pool, Username=user["Username"])
    return {
        "username": user["Username"],
        "attributes": {each["Name"]: each["Value"] for each in user["Attributes"]},
        "groups": [each["GroupName"] for each in groups["Groups"]],
        "status": user["UserStatus"],
        "enabled": user["Enabled"],
        "createdAt": _time(user["UserCreateDate"]),
        "changedAt": _time(user["UserLastModifiedDate"]),
    }


def _time(moment: datetime) -> str:
    return items.timestamp(moment.astimezone(UTC))
