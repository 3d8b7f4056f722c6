"""Users by name, as the user pool knows them."""

from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.data_classes.common import DictWrapper

from common import aws
from common.api import routes
from common.api.errors import NotFound
from common.messages import Person

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import AdminGetUserResponseTypeDef


def caller(event: DictWrapper) -> Person:
    """Who asks."""
    return Person(routes.caller(event), routes.username(event))


def find(name: str) -> Person:
    """The user of this name. Raises NotFound, for a user who cannot sign in too."""
    cognito = aws.cognito()
    try:
        found = cognito.admin_get_user(UserPoolId=aws.env("USER_POOL_ID"), Username=name)
    except (
        cognito.exceptions.UserNotFoundException,
        cognito.exceptions.InvalidParameterException,  # nobody can be called that
    ) as error:
        raise NotFound("no such user") from error
    # Cognito finds users by address and by `sub` as well. Who writes to an address would learn
    # whose it is.
    if found["Username"].lower() != name.lower() or not _can_sign_in(found):
        raise NotFound("no such user")
    [user_id] = [a["Value"] for a in found["UserAttributes"] if a["Name"] == "sub"]
    return Person(user_id, found["Username"])


def _can_sign_in(user: "AdminGetUserResponseTypeDef") -> bool:
    return user["Enabled"] and user["UserStatus"] != "UNCONFIRMED"
