"""How far an export is, and how a section reads its rows from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archive import Archive

from common import aws
from common.dynamodb import queries
from common.export import Export


@dataclass(frozen=True, slots=True)
class Position:
    """Where a part begins.

    `count` is how many files with a number the section has. `after` is the key of the last row
    that is written, and `within` that of the last row of the list which belongs to the next row.
    """

    section: str
    count: int = 0
    after: dict[str, Any] | None = None
    within: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a section writes: this user's data, into this ZIP, until it is full."""

    export: Export
    archive: Archive
    is_full: Callable[[], bool]

    @property
    def user_id(self) -> str:
        return self.export.userID


def read(
    table: str, key: str, value: str, after: dict[str, Any] | None = None, **query: Any
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """A page of the items with this key, oldest first, and the key after which the next one begins.

    These are not the pages of the API: those are newest first, and shift when a row is added.
    """
    return queries.query(aws.dynamodb(), key, value, after, TableName=table, **query)
