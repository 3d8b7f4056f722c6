"""The user pool: who a user is, and whether the user can have a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from common import aws

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

# Not FORCE_CHANGE_PASSWORD and RESET_REQUIRED: an administrator has invalidated the password.
_SIGNED_IN_STATUSES = {"CONFIRMED", "EXTERNAL_PROVIDER"}


@dataclass(frozen=True, slots=True)
class PoolUser:
    """A user of the pool. `canHaveSession` is false for one whom an administrator locked out."""

    userID: str
    username: str
    canHaveSession: bool


def find_user(name: str) -> PoolUser | None:
    """The user with this name, confirmed email address or `sub`, in the deployed user pool."""
    return find(aws.cognito(), aws.env("USER_POOL_ID"), name)


def find_own_user(name: str, user_id: str) -> PoolUser | None:
    """The user with this name and this `sub`. None if another user has the name by now."""
    user = find_user(name) if name else None
    return user if user and user.userID == user_id else None


def find(cognito: CognitoIdentityProviderClient, pool: str, name: str) -> PoolUser | None:
    """The user with this name, confirmed email address or `sub`, in any user pool."""
    try:
        found = cognito.admin_get_user(UserPoolId=pool, Username=name)
    except cognito.exceptions.UserNotFoundException:
        return None
    [user_id] = [each["Value"] for each in found["UserAttributes"] if each["Name"] == "sub"]
    can_have_session = found["Enabled"] and found["UserStatus"] in _SIGNED_IN_STATUSES
    return PoolUser(user_id, found["Username"], can_have_session)
