"""User accounts: registering, confirming, and resetting a password."""

from __future__ import annotations

import uuid
from typing import Any

from cognito_errors import as_wrong_code, revealing_nothing, translated

from common import aws, user_names
from common.api.errors import Invalid

_NAMESPACE = uuid.UUID("5e2c2f4e-8a1d-4a4b-9d53-3c4f6b0c7a11")


def register(password: str, username: str | None, email: str | None) -> dict[str, Any]:
    """Create a user by name, by email address, or by both. Raises Conflict if the name is taken."""
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
    name = username or username_of(email or "")
    with translated("the user was not created"):
        created = aws.cognito().sign_up(
            ClientId=_client(),
            Username=name,
            Password=password,
            UserAttributes=[{"Name": "email", "Value": email}] if email else [],
        )
    return {"sub": created["UserSub"], "username": name, "confirmed": created["UserConfirmed"]}


def confirm(username: str, code: str) -> None:
    """Confirm a new user. An unknown user is reported as a wrong code."""
    with as_wrong_code():
        aws.cognito().confirm_sign_up(
            ClientId=_client(), Username=username_of(username), ConfirmationCode=code
        )


def resend_code(username: str) -> None:
    """Send the code again to a user who is not confirmed yet, and to nobody else."""
    with revealing_nothing():
        aws.cognito().resend_confirmation_code(ClientId=_client(), Username=username_of(username))


def forgot_password(username: str) -> None:
    """Send a code to a user who has a confirmed address, and to nobody else."""
    with revealing_nothing():
        aws.cognito().forgot_password(ClientId=_client(), Username=username)


def reset_password(username: str, code: str, new_password: str) -> None:
    """Set a new password. An unknown user is reported as a wrong code."""
    with as_wrong_code():
        aws.cognito().confirm_forgot_password(
            ClientId=_client(), Username=username, ConfirmationCode=code, Password=new_password
        )


def profile(access_token: str) -> dict[str, Any]:
    """The profile of the token's user. Raises Unauthenticated after the user has signed out."""
    with translated("sign in again"):
        user = aws.cognito().get_user(AccessToken=access_token)
    attributes = {attribute["Name"]: attribute.get("Value") for attribute in user["UserAttributes"]}
    return {
        "email": attributes.get("email"),
        "emailVerified": attributes.get("email_verified") == "true",
        "mfa": bool(user.get("UserMFASettingList")),
    }


def username_of(name: str) -> str:
    """The user name for a name or an email address. Cognito accepts no address as a user name.

    Cognito finds a user by address only after the address is confirmed. The user name is derived
    from the address, so that an unconfirmed user can be confirmed by address, and an address that
    is registered twice is a conflict.
    """
    return str(uuid.uuid5(_NAMESPACE, name.lower())) if "@" in name else name


def _client() -> str:
    return aws.env("USER_POOL_CLIENT_ID")
