"""The addresses of buyers, which only the user pool knows."""

from common import aws
from common.dynamodb import items


def address_of(user_id: str) -> str | None:
    """The confirmed address of a user, to whom we may write. None if there is none.

    An erasure first disables the user, and deletes the user at its end. An address that is not
    confirmed may be that of a stranger.
    """
    if not items.is_uuid(user_id):  # of another issuer; also ensures what the filter means
        return None
    # AdminGetUser could find another user, whose name looks like this `sub`. All attributes,
    # because Cognito refuses to list one that a user does not have.
    for user in aws.cognito().list_users(
        UserPoolId=aws.env("USER_POOL_ID"), Filter=f'sub = "{user_id}"'
    )["Users"]:
        attributes = {each["Name"]: each["Value"] for each in user["Attributes"]}
        if user["Enabled"] and attributes.get("email_verified") == "true":
            return attributes.get("email")
    return None
