"""The user in the user pool, with the address, the password and the authenticator."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from common import aws
from common.erasures import Erasure
from common.user_pool import find_own_user


def erase(erasure: Erasure, _: Any) -> None:
    """Delete the user, and nobody who has the same name by now."""
    cognito = aws.cognito()
    if user := find_own_user(erasure.username, erasure.sub):
        with suppress(cognito.exceptions.UserNotFoundException):
            cognito.admin_delete_user(UserPoolId=aws.env("USER_POOL_ID"), Username=user.username)
