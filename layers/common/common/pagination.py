"""Pages of a list: `limit` and `next` in, `next` out.

A token names the last row of the page before. It carries a checksum over its row, its owner
and its list: a token that was changed, cut short, or belongs to somebody else or to another
list is refused, and never reaches the database as a key.
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
    """One page of `limit` rows of a list that belongs to `owner`."""

    owner: str
    limit: int = DEFAULT_LIMIT
    token: str | None = None

    @classmethod
    def requested(cls, query: Mapping[str, str], owner: str) -> Page:
        """The page that a query string asks for. Raises Invalid."""
        limit = query.get("limit", str(DEFAULT_LIMIT))
        if not (
            limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MAX_LIMIT
        ):
            raise Invalid("limit is wrong", [f"limit: a whole number from 1 to {MAX_LIMIT}"])
        return cls(owner, int(limit), query.get("next"))

    def newest(
        self, client: DynamoDBClient, key: Mapping[str, str], names: tuple[str, str], **query: Any
    ) -> tuple[list[dict[str, Any]], str | None]:
        """This page of the items under an index's key, newest first, and the next page's token.

        `names` are what they are sorted by and what tells apart those of one time.
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
        if start := self.start(*names, **key):
            request["ExclusiveStartKey"] = start
        answer = client.query(**request)
        return answer["Items"], self.next(answer.get("LastEvaluatedKey"), *names)

    def start(self, *names: str, **fixed: str) -> dict[str, Any] | None:
        """The key that this page starts behind: the token's values under `names`, and `fixed`.

        None for a first page. Raises Invalid.
        """
        values = self.after(*names)
        if values is None:
            return None
        key = dict(zip(names, values, strict=True)) | fixed
        return {name: {"S": value} for name, value in key.items()}

    def next(self, last: Mapping[str, Any] | None, *names: str) -> str | None:
        """The token of the page behind `last`, DynamoDB's LastEvaluatedKey; None at the end."""
        return self.behind([last[name]["S"] for name in names], *names) if last else None

    def after(self, *of: str) -> list[Any] | None:
        """What this page of the list that `of` names starts behind; None for a first page.

        Raises Invalid for a token that this list never gave.
        """
        if self.token is None:
            return None
        try:
            raw = base64.b64decode(self.token.encode(), altchars=b"-_", validate=True)
            checksum, row = raw[:_CHECKSUM_BYTES], raw[_CHECKSUM_BYTES:]
            if checksum != self._checksum(of, row):
                raise ValueError("checksum")
            values: list[Any] = json.loads(row)
        except ValueError as error:
            raise Invalid("next is wrong", ["next: not a token of this list"]) from error
        return values

    def behind(self, values: Sequence[Any], *of: str) -> str:
        """The token of the page of the list that `of` names that starts behind these values."""
        row = json.dumps(values).encode()
        return base64.urlsafe_b64encode(self._checksum(of, row) + row).decode()

    def _checksum(self, of: tuple[str, ...], row: bytes) -> bytes:
        owned = "\0".join((self.owner, *of, "")).encode() + row
        return hashlib.blake2s(owned, digest_size=_CHECKSUM_BYTES).digest()
