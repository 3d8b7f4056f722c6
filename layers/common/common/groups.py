"""Groups of pictures: what one looks like, and the table that keeps them."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from common import aws
from common.api.errors import NotFound
from common.dynamodb import items
from common.pagination import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

MAX_NAME_LENGTH = 100
MAX_DESCRIPTION_LENGTH = 1000

# The one key of the index that lists all groups: people make them by hand, and a key of an
# index takes a thousand a second.
_ALL = {"kind": "group"}

_IS_THE_OWNERS = "#owner = :owner"


@dataclass(frozen=True, slots=True)
class Group:
    """One group. `owner` is the `sub`, `ownerName` the name of who made it."""

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
        """Read an item as DynamoDB and its streams write it."""
        return cls(**items.read(item, cls.__slots__))

    def to_item(self) -> dict[str, Any]:
        return items.written(asdict(self) | _ALL)

    def to_json(self) -> dict[str, Any]:
        """What the API answers."""
        fields = asdict(self)
        return fields | {"owner": fields.pop("ownerName")}


class Groups:
    """The groups table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, group: Group) -> None:
        self._client.put_item(TableName=self._table, Item=group.to_item())

    def get(self, group_id: str) -> Group:
        """Anybody's group. Raises NotFound."""
        answer = self._client.get_item(
            TableName=self._table, Key=_key(group_id), ConsistentRead=True
        )
        if "Item" not in answer:
            raise NotFound("no such group")
        return Group.from_item(answer["Item"])

    def newest(self, page: Page) -> tuple[list[Group], str | None]:
        """A page of all groups, the newest first, and the token of the next page."""
        found, token = page.newest(
            self._client,
            _ALL,
            ("createdAt", "groupID"),
            TableName=self._table,
            IndexName="newest",
        )
        return [Group.from_item(item) for item in found], token

    def rename(self, group_id: str, owner: str, name: str, description: str) -> Group:
        """The owner's group by its new name. Raises NotFound, for another's too."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(group_id),
                UpdateExpression="SET #name = :name, description = :description",
                ConditionExpression=_IS_THE_OWNERS,
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
        return Group.from_item(answer["Attributes"])

    def remove(self, group_id: str, owner: str) -> None:
        """Delete the owner's group. Raises NotFound, for another's too."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_key(group_id),
                ConditionExpression=_IS_THE_OWNERS,
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
    if not items.is_id(group_id):
        raise NotFound("no such group")
    return {"groupID": {"S": group_id}}
