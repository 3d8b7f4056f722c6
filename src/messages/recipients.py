"""The recipients of messages: users of the user pool, found by name or by ID."""

from contextlib import suppress
from typing import TYPE_CHECKING

from common import aws, user_names
from common.api.errors import NotFound
from common.dynamodb import items
from common.messages import User

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import AdminGetUserResponseTypeDef, UserTypeTypeDef


def find_recipient(typed: str) -> User:
    """The user with this name. Raises NotFound, also for a user who cannot sign in."""
    for name in user_names.spellings(typed):
        with suppress(NotFound):
            return _find(name)
    raise NotFound("no such user")


def _find(name: str) -> User:
    cognito = aws.cognito()
    try:
        found = cognito.admin_get_user(UserPoolId=aws.env("USER_POOL_ID"), Username=name)
    except (
        cognito.exceptions.UserNotFoundException,
        cognito.exceptions.InvalidParameterException,  # longer than a name can be
    ) as error:
        raise NotFound("no such user") from error
    # Cognito also finds users by email address and `sub`. Accepting an address would reveal to the
    # sender whose address it is. Accepting a `sub` would be ambiguous: a name may look like one.
    if found["Username"].lower() != name.lower() or not _can_sign_in(found):
        raise NotFound("no such user")
    [user_id] = [a["Value"] for a in found["UserAttributes"] if a["Name"] == "sub"]
    return User(user_id, found["Username"])


def find_recipient_by_id(user_id: str) -> User:
    """The user with this `sub`. Raises NotFound, also for a user who cannot sign in."""
    if not items.is_uuid(user_id):  # also ensures that the filter has no other meaning
        raise NotFound("no such user")
    # AdminGetUser could find another user, whose name looks like this `sub`.
    found = aws.cognito().list_users(
        UserPoolId=aws.env("USER_POOL_ID"), Filter=f'sub = "{user_id}"', AttributesToGet=["sub"]
    )["Users"]
    if not found or not _can_sign_in(found[0]):
        raise NotFound("no such user")
    return User(user_id, found[0]["Username"])


def _can_sign_in(user: "AdminGetUserResponseTypeDef | UserTypeTypeDef") -> bool:
    return user["Enabled"] and user["UserStatus"] != "UNCONFIRMED"
