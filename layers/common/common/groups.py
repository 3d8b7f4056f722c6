"""Groups of images: the shape of a group, and the table that stores them."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from common import aws
from common.api.errors import NotFound
from common.dynamodb import items, queries
from common.pagination import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

MAX_NAME_LENGTH = 100
MAX_DESCRIPTION_LENGTH = 1000

# The index that lists all groups has a single key. A key accepts a thousand writes per second,
# and people create groups by hand.
LIST_KEY = {"kind": "group"}

# Holds only for an existing group of the caller.
_OWNED_BY_CALLER = "#owner = :owner"


@dataclass(frozen=True, slots=True)
class Group:
    """One group. `owner` is the `sub` of the user who created it, `ownerName` the user name."""

    groupID: str
    owner: str
    ownerName: str
    name: str
    description: str
    createdAt: str

    @classmethod
    def new(cls, owner: str, owner_name: str, name: str, description: str) -> Self:
        return cls(
            str(uuid.uuid4()), owner, owner_name, name, description, createdAt=items.timestamp()
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The group in an item from the table or its stream."""
        return cls(**items.deserialize(item, cls.__slots__))

    def to_item(self) -> dict[str, Any]:
        return items.serialize(asdict(self) | LIST_KEY)

    def to_json(self) -> dict[str, Any]:
        """The group as the API shows it: `owner` is the user name, `ownerID` the `sub`."""
        fields = asdict(self)
        return fields | {"owner": fields.pop("ownerName"), "ownerID": self.owner}


class Groups:
    """The groups table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, group: Group) -> None:
        self._client.put_item(TableName=self._table, Item=group.to_item())

    def get(self, group_id: str) -> Group:
        """A group of any user. Raises NotFound."""
        response = self._client.get_item(
            TableName=self._table, Key=_key(group_id), ConsistentRead=True
        )
        if "Item" not in response:
            raise NotFound("no such group")
        return Group.from_item(response["Item"])

    def newest(self, page: Page) -> tuple[list[Group], str | None]:
        """A page of all groups, newest first, and the token of the next page."""
        found, token = page.query_newest(
            self._client,
            LIST_KEY,
            ("createdAt", "groupID"),
            TableName=self._table,
            IndexName="newest",
        )
        return [Group.from_item(item) for item in found], token

    def owned_by(self, owner: str, after: Any = None) -> tuple[list[Group], dict[str, Any] | None]:
        """The owner's groups in a page of all groups, and the key after which the next one begins.

        Only exports and erasures need them. An index of owners would cost a write per group.
        """
        [(key, value)] = LIST_KEY.items()
        found, last_key = queries.query(
            self._client,
            key,
            value,
            after,
            TableName=self._table,
            IndexName="newest",
            FilterExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": {"S": owner}},
        )
        return list(map(Group.from_item, found)), last_key

    def rename(self, group_id: str, owner: str, name: str, description: str) -> Group:
        """Change and return the owner's group. Raises NotFound, also for another user's group."""
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=_key(group_id),
                UpdateExpression="SET #name = :name, description = :description",
                ConditionExpression=_OWNED_BY_CALLER,
                ExpressionAttributeNames={"#name": "name", "#owner": "owner"},
                ExpressionAttributeValues={
                    ":name": {"S": name},
                    ":description": {"S": description},
                    ":owner": {"S": owner},
                },
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise NotFound("no such group of yours") from error
        return Group.from_item(response["Attributes"])

    def remove(self, group_id: str, owner: str) -> None:
        """Delete the owner's group. Raises NotFound, also for another user's group."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_key(group_id),
                ConditionExpression=_OWNED_BY_CALLER,
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": owner}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise NotFound("no such group of yours") from error


@cache
def groups() -> Groups:
    """The deployed table."""
    return Groups(aws.env("GROUPS_TABLE"), aws.dynamodb())


def _key(group_id: str) -> dict[str, Any]:
    if not items.is_uuid(group_id):
        raise NotFound("no such group")
    return {"groupID": {"S": group_id}}
