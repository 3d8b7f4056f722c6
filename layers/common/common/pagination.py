"""Pages of a list: the client sends `limit` and `next`, and receives `next` for the next page.

A page token contains the position of the last row of a page, and a checksum over this position,
the owner and the list. A token that was changed or truncated, or that belongs to another owner or
list, is rejected before it reaches the database.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.api.errors import Invalid

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

_CHECKSUM_BYTES = 8


@dataclass(frozen=True, slots=True)
class Page:
    """A page of at most `limit` rows of a list that belongs to `owner`.

    Methods take the names of the list's sort keys, which identify the list: a token is valid only
    for the list that returned it.
    """

    owner: str
    limit: int = DEFAULT_LIMIT
    token: str | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str], owner: str) -> Page:
        """The page that a query string requests. Raises Invalid."""
        limit = query.get("limit", str(DEFAULT_LIMIT))
        if not (
            limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MAX_LIMIT
        ):
            raise Invalid("invalid limit", [f"limit: must be a whole number from 1 to {MAX_LIMIT}"])
        return cls(owner, int(limit), query.get("next"))

    def query_newest(
        self, client: DynamoDBClient, key: Mapping[str, str], names: tuple[str, str], **query: Any
    ) -> tuple[list[dict[str, Any]], str | None]:
        """This page of the items with an index key, newest first, and the next page's token.

        `names` are the attribute that sorts the items and the ID that makes their order unique.
        `query` is added to the request.
        """
        [(name, value)] = key.items()
        request: Any = {
            **query,
            "KeyConditionExpression": "#key = :key",
            "ExpressionAttributeNames": {"#key": name, **query.get("ExpressionAttributeNames", {})},
            "ExpressionAttributeValues": {
                ":key": {"S": value},
                **query.get("ExpressionAttributeValues", {}),
            },
            "ScanIndexForward": False,
            "Limit": self.limit,
        }
        if start := self.start_key(*names, **key):
            request["ExclusiveStartKey"] = start
        response = client.query(**request)
        return response["Items"], self.next_token(response.get("LastEvaluatedKey"), *names)

    def start_key(self, *names: str, **fixed: str) -> dict[str, Any] | None:
        """DynamoDB's ExclusiveStartKey for this page; None for the first page.

        It consists of the token's values under `names` and the `fixed` attributes. Raises Invalid.
        """
        position = self.position(*names)
        if position is None:
            return None
        key = dict(zip(names, position, strict=True)) | fixed
        return {name: {"S": value} for name, value in key.items()}

    def next_token(self, last_key: Mapping[str, Any] | None, *names: str) -> str | None:
        """The token of the page after DynamoDB's LastEvaluatedKey; None if there is no such key."""
        if not last_key:
            return None
        return self.token_after([last_key[name]["S"] for name in names], *names)

    def position(self, *names: str) -> list[Any] | None:
        """The position that this page starts after; None for the first page.

        Raises Invalid for a token that this list never returned to this owner.
        """
        if self.token is None:
            return None
        try:
            raw = base64.b64decode(self.token.encode(), altchars=b"-_", validate=True)
            checksum, row = raw[:_CHECKSUM_BYTES], raw[_CHECKSUM_BYTES:]
            if checksum != self._checksum(names, row):
                raise ValueError("checksum")
            position: list[Any] = json.loads(row)
        except ValueError as error:
            raise Invalid("invalid next", ["next: not a page token of this list"]) from error
        return position

    def token_after(self, position: Sequence[Any], *names: str) -> str:
        """The token of the page that starts after this position."""
        row = json.dumps(position).encode()
        return base64.urlsafe_b64encode(self._checksum(names, row) + row).decode()

    def _checksum(self, names: tuple[str, ...], row: bytes) -> bytes:
        content = "\0".join((self.owner, *names, "")).encode() + row
        return hashlib.blake2s(content, digest_size=_CHECKSUM_BYTES).digest()
