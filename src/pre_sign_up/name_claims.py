"""Claims of names: of the names that look alike, one at most has a user.

The claim `{lookAlikeKey, username, claimedAt}` is made before Cognito creates the user. It is as
old as the user's last registration, and stays when the user is deleted.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from look_alikes import look_alike_key

from common import aws
from common.user_names import REGISTRATION_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient

# Holds if no similar name has a claim, or the name itself has it.
_IS_FREE = "attribute_not_exists(lookAlikeKey) OR username = :name"
# Holds unless another request has replaced the claim since it was read.
_IS_UNCHANGED = "username = :name AND claimedAt = :claimedAt"


class Taken(Exception):
    """A user has a name that looks like this one."""


class NameClaims:
    """The table of user names, and the user pool."""

    def __init__(
        self, table: str, client: DynamoDBClient, cognito: CognitoIdentityProviderClient
    ) -> None:
        self._table = table
        self._client = client
        self._cognito = cognito

    def claim(self, pool: str, name: str) -> None:
        """Claim a name for a user who is about to be created. Raises Taken.

        A repeated claim succeeds: Cognito may call a trigger several times.
        """
        now = int(time.time())
        item = {
            "lookAlikeKey": {"S": look_alike_key(name)},
            "username": {"S": name},
            "claimedAt": {"N": str(now)},
        }
        other = self._put(item, _IS_FREE, {":name": item["username"]})
        if other is None:
            return
        if self._may_have_user(pool, other, now):
            raise Taken
        seen = {":name": other["username"], ":claimedAt": other["claimedAt"]}
        if self._put(item, _IS_UNCHANGED, seen):
            raise Taken

    def _put(self, item: Any, condition: str, values: Any) -> dict[str, Any] | None:
        """Put an item if the condition holds. Returns the item that is there otherwise."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            found: dict[str, Any] = error.response["Item"]  # type: ignore[typeddict-item]
            return found
        return None

    def _may_have_user(self, pool: str, claim: dict[str, Any], now: int) -> bool:
        """Whether the name of a claim has a user, or will have one in a moment."""
        if now - int(claim["claimedAt"]["N"]) < REGISTRATION_SECONDS:
            return True
        try:
            self._cognito.admin_get_user(UserPoolId=pool, Username=claim["username"]["S"])
        except self._cognito.exceptions.UserNotFoundException:
            return False
        return True


@cache
def name_claims() -> NameClaims:
    """The deployed table."""
    return NameClaims(aws.env("USER_NAMES_TABLE"), aws.dynamodb(), aws.cognito())
