"""User names: what is one, and when two of them are the same."""

from __future__ import annotations

import unicodedata
from typing import Any

from ministack.services import cognito

from .rules import Handler, Pool, Request, Response, is_success, pool_of, refused, rule, user_of

_resolve_user = cognito._resolve_user

_NAME_LENGTH = 128
_NAME_CATEGORIES = "LMSNP"
_FOLDED_ATTRIBUTES = ("email", "preferred_username")

_WITH_NAME = (
    *("SignUp", "ConfirmSignUp", "ResendConfirmationCode"),
    *("ForgotPassword", "ConfirmForgotPassword"),
    *("AdminCreateUser", "AdminGetUser", "AdminDeleteUser", "AdminSetUserPassword"),
    *("AdminUpdateUserAttributes", "AdminConfirmSignUp", "AdminResetUserPassword"),
    *("AdminDisableUser", "AdminEnableUser", "AdminUserGlobalSignOut"),
    *("AdminAddUserToGroup", "AdminRemoveUserFromGroup", "AdminListGroupsForUser"),
    *("AdminSetUserMFAPreference",),
)


@rule(*_WITH_NAME)
def a_name_consists_of_letters_marks_symbols_digits_and_punctuation(
    request: Request, proceed: Handler
) -> Response:
    r"""API, SignUp: length 1 to 128, pattern [\p{L}\p{M}\p{S}\p{N}\p{P}]+."""
    name = request.get("Username", "")
    allowed = all(unicodedata.category(each)[0] in _NAME_CATEGORIES for each in name)
    if allowed and 1 <= len(name) <= _NAME_LENGTH:
        return proceed(request)
    return refused(
        "InvalidParameterException",
        "1 validation error detected: Value at 'username' failed to satisfy constraint: Member "
        r"must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+",
    )


@rule("SignUp", "AdminCreateUser")
def a_name_is_not_an_address_if_addresses_are_aliases(
    request: Request, proceed: Handler
) -> Response:
    """Guide, "Customizing sign-in attributes": a user name cannot be a valid address then."""
    pool = pool_of(request)
    is_address = cognito._USERNAME_EMAIL_RE.fullmatch(request["Username"])
    if pool and is_address and "email" in pool["AliasAttributes"]:
        return refused(
            "InvalidParameterException",
            "Username cannot be of email format, since user pool is configured for email alias.",
        )
    return proceed(request)


@rule("SignUp", "AdminCreateUser", "UpdateUserAttributes", "AdminUpdateUserAttributes")
def a_pool_can_ignore_case(request: Request, proceed: Handler) -> Response:
    """Store names and addresses in lower case.

    Guide, "User pool case sensitivity": in a pool that is not case-sensitive, such values are
    flattened to lower case in all output.
    """
    pool = pool_of(request)
    if pool and _ignores_case(pool):
        request = request | {
            "UserAttributes": [
                each | {"Value": each["Value"].lower()}
                if each["Name"] in _FOLDED_ATTRIBUTES
                else each
                for each in request.get("UserAttributes", [])
            ]
        }
        if "Username" in request:
            request["Username"] = request["Username"].lower()
    return proceed(request)


@rule("AdminDeleteUser", "DeleteUser")
def a_deleted_user_leaves_its_groups(request: Request, proceed: Handler) -> Response:
    """Otherwise a new user of the same name would be listed in them."""
    pool, user = pool_of(request), user_of(request)
    response = proceed(request)
    if pool and user and is_success(response):
        for group in user["_groups"]:
            pool["_groups"][group]["_members"].remove(user["Username"])
    return response


def resolve_user(pool: Pool, username: str | None) -> Any:
    """Find a user by name, sub or verified address, in any case if the pool ignores case."""
    ignores_case = username is not None and _ignores_case(pool)
    return _resolve_user(pool, username.lower() if ignores_case else username)


def _ignores_case(pool: Pool) -> bool:
    return pool.get("UsernameConfiguration", {}).get("CaseSensitive") is False


cognito._resolve_user = resolve_user
