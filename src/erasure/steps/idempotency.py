"""The records that name the user: answers of requests, tickets, challenges, counts.

The record of the end of the user's sessions contains only the `sub`. It is needed as long as a
token of the user is valid, so it goes when it has expired.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from common import aws
from common.dynamodb import batches
from common.erasures import Erasure
from common.sessions import PREFIX
from common.user_pool import find_user
from steps import paging

_PAGE_ROWS = 1000


def erase(erasure: Erasure, start: Any) -> Any:
    """Delete the records of the user in a page of all records."""
    table = aws.env("IDEMPOTENCY_TABLE")
    rows, after = paging.scan(start, table, _PAGE_ROWS)
    names = _own_names(erasure)
    found = (row for row in rows if _is_of(erasure.sub, names, row) and not _is_needed(row))
    batches.delete_items(aws.dynamodb(), table, ({"id": row["id"]} for row in found))
    return after


def _own_names(erasure: Erasure) -> set[str]:
    """The name and the address, in lower case, except what another user has by now."""
    known = {name: find_user(name) for name in (erasure.username, erasure.email) if name}
    return {
        name.lower() for name, user in known.items() if user is None or user.userID == erasure.sub
    }


def _is_of(sub: str, names: set[str], row: Any) -> bool:
    """Whether the ID contains the user as one of its parts, or a value is or quotes the user."""
    record = row["id"]["S"]
    if f"#{sub}#" in f"#{record}#" or record.lower().split("#", 2)[-1] in names:
        return True
    return any(sub in _parts(text) or text.lower() in names for text in _texts(row))


def _parts(text: str) -> Iterator[str]:
    """The texts in a value, which may be JSON, and the `sub`s in the ID of a conversation."""
    try:
        values = [json.loads(text)]
    except ValueError:
        values = [text]
    while values:
        value = values.pop()
        match value:
            case str():
                yield value
                yield from map(unquote, value.split("#"))
            case list():
                values += value
            case dict():
                values += value.values()


def _is_needed(row: Any) -> bool:
    return row["id"]["S"].startswith(PREFIX) and int(row["expiration"]["N"]) > time.time()


def _texts(row: Any) -> Iterator[str]:
    for value in row.values():
        yield from filter(None, [value.get("S"), *value.get("SS", ())])
