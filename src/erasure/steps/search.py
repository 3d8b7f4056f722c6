"""The documents of the user in the search index, and in the one that a rebuild is filling.

The indexer deletes the documents of deleted rows. Here they are deleted although it may be behind,
or may have given up. It cannot write them again: it reads the rows, and its versions are earlier.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from common import aws, search
from common.api.errors import Unavailable
from common.erasures import Erasure
from common.search import OpenSearchResponse, opensearch

_PAGE_DOCUMENTS = 500


def erase(erasure: Erasure, start: Any) -> Any:
    """Delete a page of the documents. The position is the alias and the last key of the page."""
    if not aws.env("SEARCH_URL"):  # the stack has no search
        return None
    # In this order: if a rebuild finishes in between, its index is then the one in use.
    aliases = [search.next_alias(), search.index_alias()]
    alias, last = start or (aliases[0], "")
    keys = _find(alias, erasure.sub, last)
    if keys:
        _delete(alias, keys)
    if len(keys) == _PAGE_DOCUMENTS:
        return [alias, keys[-1]]
    return [aliases[1], ""] if alias == aliases[0] else None


def _find(alias: str, sub: str, last: str) -> list[str]:
    # Only messages have no owner. Without the type, a user of another issuer whose `sub` equals
    # EVERYBODY would have everything that is visible to all.
    message = {"bool": {"filter": [{"term": {"type": "message"}}, {"term": {"visibleTo": sub}}]}}
    query = {
        "query": {"bool": {"should": [{"term": {"owner": sub}}, message]}},
        "sort": ["key"],
        "search_after": [last],
        "size": _PAGE_DOCUMENTS,
        "_source": False,
    }
    response = opensearch().request("POST", f"/{alias}/_search", json.dumps(query).encode())
    if response.status == 404:  # no index: nothing is indexed yet, or no rebuild is running
        return []
    if response.status != 200:
        raise _unavailable(response)
    return [hit["_id"] for hit in response.body["hits"]["hits"]]


def _delete(alias: str, keys: list[str]) -> None:
    version = time.time_ns()
    lines = "".join(search.delete_line(key, version) for key in keys)
    body = (search.REQUIRE_ALIAS + lines).encode()
    response = opensearch().request("POST", f"/{alias}/_bulk", body)
    if response.status != 200 or not all(map(_is_deleted, _items(response))):
        raise _unavailable(response)


def _items(response: OpenSearchResponse) -> Iterator[Any]:
    """The results of the deletions, which follow the one of REQUIRE_ALIAS."""
    return (item["delete"] for item in response.body["items"][1:])


def _is_deleted(item: Any) -> bool:
    """Also if it was not there, or if a later version has replaced it."""
    return item["status"] in (200, 409) or (item["status"] == 404 and "error" not in item)


def _unavailable(response: OpenSearchResponse) -> Unavailable:
    return Unavailable(f"search responds with status {response.status}")
