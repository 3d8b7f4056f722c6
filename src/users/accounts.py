"""A user's account: made, confirmed, its password reset."""

from __future__ import annotations

import uuid
from typing import Any

from refusals import by_code, in_our_words, tacitly

from common import aws
from common.api.errors import Invalid

_NAMESPACE = uuid.UUID("5e2c2f4e-8a1d-4a4b-9d53-3c4f6b0c7a11")


def register(password: str, username: str | None, email: str | None) -> dict[str, Any]:
    """Make a user by name, by email address, or both. Raises Conflict where the name is taken."""
    if username and "@" in username:
        if email not in (None, username):
            raise Invalid("the body is wrong", ["username: an address, and not that of email"])
        username, email = None, username
    if username is None and email is None:
        raise Invalid("the body is wrong", ["username: missing, and email too"])
    name = username or own_name(email or "")
    with in_our_words("the user was not made"):
        made = aws.cognito().sign_up(
            ClientId=_client(),
            Username=name,
            Password=password,
            UserAttributes=[{"Name": "email", "Value": email}] if email else [],
        )
    return {"sub": made["UserSub"], "username": name, "confirmed": made["UserConfirmed"]}


def confirm(username: str, code: str) -> None:
    """Confirm a new user. Whatever is wrong, the name included, it is the code."""
    with by_code():
        aws.cognito().confirm_sign_up(
            ClientId=_client(), Username=own_name(username), ConfirmationCode=code
        )


def resend_code(username: str) -> None:
    """Send the code again to a user who waits for one, and to nobody else."""
    with tacitly():
        aws.cognito().resend_confirmation_code(ClientId=_client(), Username=own_name(username))


def forgot_password(username: str) -> None:
    """Send a code to a user who has a confirmed address, and to nobody else."""
    with tacitly():
        aws.cognito().forgot_password(ClientId=_client(), Username=username)


def reset_password(username: str, code: str, new_password: str) -> None:
    """Set a new password. A wrong name is a wrong code."""
    with by_code():
        aws.cognito().confirm_forgot_password(
            ClientId=_client(), Username=username, ConfirmationCode=code, Password=new_password
        )


def profile(access_token: str) -> dict[str, Any]:
    """What Cognito knows of the token's user. Raises Unauthenticated once they have signed out."""
    with in_our_words("sign in again"):
        user = aws.cognito().get_user(AccessToken=access_token)
    attributes = {attribute["Name"]: attribute.get("Value") for attribute in user["UserAttributes"]}
    return {
        "email": attributes.get("email"),
        "emailVerified": attributes.get("email_verified") == "true",
        "mfa": bool(user.get("UserMFASettingList")),
    }


def own_name(name: str) -> str:
    """The user name behind an email address, which cannot be one itself; else the name.

    An address stands for its user only once it is confirmed. The name is made of the address,
    so that the user can be confirmed by it, and that registering it again finds it taken.
    """
    return str(uuid.uuid5(_NAMESPACE, name.lower())) if "@" in name else name


def _client() -> str:
    return aws.env("USER_POOL_CLIENT_ID")
