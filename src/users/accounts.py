"""User accounts: registering, confirming, signing in, and setting a new password."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sessions
from cognito_errors import (
    as_new_password,
    as_wrong_code,
    revealing_nothing,
    translated,
    wrong_code,
)
from typed_names import first_accepted, for_each

from common import aws, user_names
from common.api.errors import Invalid, Unauthenticated

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import SignUpRequestTypeDef

RESERVED = timedelta(hours=24)
"""How long an unconfirmed user has a name: as long as the first code is valid."""


def register(password: str, username: str | None, email: str | None) -> dict[str, Any]:
    """Create a user by name, by email address, or by both. Raises Conflict if the name is taken.

    The user name of a user without one is random. It does not follow from the address, so nobody
    else can know it, and an address that is not confirmed identifies nobody.
    """
    if username is not None:
        username = user_names.normalized(username)
        if refusal := user_names.flaw(username):
            raise Invalid("the request body is invalid", [refusal])
    if username and "@" in username:
        if email not in (None, username):
            raise Invalid(
                "the request body is invalid", ["username: an address that differs from email"]
            )
        username, email = None, username
    if username is None and email is None:
        raise Invalid("the request body is invalid", ["username: missing, and email too"])
    name = username or str(uuid.uuid4())
    user: SignUpRequestTypeDef = {
        "ClientId": _client(),
        "Username": name,
        "Password": password,
        "UserAttributes": [{"Name": "email", "Value": email}] if email else [],
    }
    cognito = aws.cognito()
    with translated("the user was not created"):
        try:
            created = cognito.sign_up(**user)
        except cognito.exceptions.UsernameExistsException:
            if not _release(name):
                raise
            created = cognito.sign_up(**user)
        except cognito.exceptions.AliasExistsException:
            # Cognito reports it at the confirmation. A refusal here would reveal the address.
            return {"sub": str(uuid.uuid4()), "username": name, "confirmed": False}
    return {"sub": created["UserSub"], "username": name, "confirmed": created["UserConfirmed"]}


def _release(name: str) -> bool:
    """Delete a user who has not confirmed in time. Returns whether the name is free then."""
    user = {"UserPoolId": aws.env("USER_POOL_ID"), "Username": name}
    cognito = aws.cognito()
    try:
        found = cognito.admin_get_user(**user)
        # Not the time of the last change, with which a stranger could keep a name for ever. And
        # who disables a user may want to block the name.
        age = datetime.now(UTC) - found["UserCreateDate"]
        if found["UserStatus"] != "UNCONFIRMED" or not found["Enabled"] or age < RESERVED:
            return False
        cognito.admin_delete_user(**user)
    except cognito.exceptions.UserNotFoundException:
        pass  # another registration has just deleted the user
    return True


def confirm(typed: str, code: str) -> None:
    """Confirm a new user, and so their address. Raises Conflict if somebody else has confirmed it.

    An unknown user is reported as a wrong code. So is an address, which identifies nobody yet.
    """

    def ask(name: str) -> None:
        with as_wrong_code():
            aws.cognito().confirm_sign_up(ClientId=_client(), Username=name, ConfirmationCode=code)

    first_accepted(typed, ask, wrong_code())


def resend_code(typed: str) -> None:
    """Send the code again to a user who is not confirmed yet, and to nobody else."""

    def ask(name: str) -> None:
        with revealing_nothing():
            aws.cognito().resend_confirmation_code(ClientId=_client(), Username=name)

    for_each(typed, ask)


def sign_in(typed: str, password: str) -> dict[str, Any]:
    """Tokens or a challenge. Raises Unauthenticated for an unknown user or a wrong password."""
    unknown = Unauthenticated(sessions.WRONG_PASSWORD)
    return first_accepted(typed, lambda name: sessions.sign_in(name, password), unknown)


def forgot_password(typed: str) -> None:
    """Send a code to a user who has a confirmed address, and to nobody else."""

    def ask(name: str) -> None:
        with revealing_nothing():
            aws.cognito().forgot_password(ClientId=_client(), Username=name)

    for_each(typed, ask)


def reset_password(typed: str, code: str, new_password: str) -> None:
    """Set a new password, and end all sessions. An unknown user is reported as a wrong code."""

    def ask(name: str) -> None:
        with as_wrong_code():
            aws.cognito().confirm_forgot_password(
                ClientId=_client(), Username=name, ConfirmationCode=code, Password=new_password
            )
        sessions.end_after_new_password(name)

    first_accepted(typed, ask, wrong_code())


def change_password(username: str, access_token: str, password: str, new_password: str) -> None:
    """Replace the current password, and end all sessions. Raises Invalid for a wrong one."""
    with as_new_password():
        aws.cognito().change_password(
            AccessToken=access_token, PreviousPassword=password, ProposedPassword=new_password
        )
    sessions.end_after_new_password(username)


def _client() -> str:
    return aws.env("USER_POOL_CLIENT_ID")
