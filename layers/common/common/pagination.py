"""Pages of a list: the client sends `limit` and `next`, and receives `next` for the next page.

A page token is the position of the last row of a page: where in a list to continue. It is not
a secret and grants nothing, because a client can make any token. Which list it is, and whose, only
the request says: a position never contains the partition that is read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common import json_schema
from common.api.errors import Invalid
from common.dynamodb import queries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

_MAX_KEY_BYTES = 1024
"""The longest sort key (DynamoDB developer guide, "Quotas"). Partition keys may be longer."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of at most `limit` rows of a list."""

    limit: int = DEFAULT_LIMIT
    token: str | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Page:
        """The page that a query string requests. Raises Invalid."""
        limit = query.get("limit", str(DEFAULT_LIMIT))
        if not (
            limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MAX_LIMIT
        ):
            raise Invalid("invalid limit", [f"limit: must be a whole number from 1 to {MAX_LIMIT}"])
        return cls(int(limit), query.get("next"))

    def query_newest(
        self, client: DynamoDBClient, key: Mapping[str, str], names: tuple[str, str], **query: Any
    ) -> tuple[list[dict[str, Any]], str | None]:
        """This page of the items with an index key, newest first, and the next page's token.

        `names` are the attribute that sorts the items and the ID that makes their order unique.
        `query` is added to the request. The token may name an item that the request filters out,
        so only items of the caller may be filtered: others must not be in the index.
        """
        [(name, value)] = key.items()
        found, last_key = queries.query(
            client,
            name,
            value,
            self.start_key(*names, **key),
            ScanIndexForward=False,
            Limit=self.limit,
            **query,
        )
        return found, self.next_token(last_key, *names)

    def start_key(self, *names: str, **fixed: str) -> dict[str, Any] | None:
        """DynamoDB's ExclusiveStartKey for this page; None for the first page.

        It consists of the token's values under `names` and the `fixed` attributes. There need not
        be an item with this key. Raises Invalid.
        """
        position = self.position(*[is_key] * len(names))
        if position is None:
            return None
        key = dict(zip(names, position, strict=True)) | fixed
        return {name: {"S": value} for name, value in key.items()}

    def next_token(self, last_key: Mapping[str, Any] | None, *names: str) -> str | None:
        """The token of the page after DynamoDB's LastEvaluatedKey; None if there is no such key."""
        if not last_key:
            return None
        return token_after([last_key[name]["S"] for name in names])

    def position(self, *is_valid: Callable[[Any], bool]) -> list[Any] | None:
        """The position that this page starts after; None for the first page.

        Raises Invalid for a token whose values are not as many as these rules, or break one.
        """
        if self.token is None:
            return None
        try:
            row = base64.b64decode(self.token, altchars=b"-_", validate=True).decode()
            position = json_schema.loads(row)
            if not isinstance(position, list):
                raise ValueError("not a list")
            if not all(rule(value) for rule, value in zip(is_valid, position, strict=True)):
                raise ValueError("wrong values")
        except (ValueError, RecursionError) as error:
            raise Invalid("invalid next", ["next: not a page token of this list"]) from error
        return position


def token_after(position: Sequence[Any]) -> str:
    """The token of the page that starts after this position."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def is_key(value: Any) -> bool:
    """Whether DynamoDB accepts the value in a key. Raises ValueError for half a surrogate pair."""
    return isinstance(value, str) and 0 < len(value.encode()) <= _MAX_KEY_BYTES
