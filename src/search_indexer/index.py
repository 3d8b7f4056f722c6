"""The index in OpenSearch: creating it, and writing changes of documents to it.

All requests use an alias. The indexes behind it are named `<alias>.<number>`. An alias contains no
dot (SearchIndex in template.yaml), so two stacks at one endpoint never use the same index.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple

import simplejson
from documents import Document
from index_definition import DEFINITION

from common import search
from common.api.errors import Unavailable
from common.search import OpenSearchResponse, opensearch

WRITE_INDEX = {"is_write_index": True}
"""A property of an alias. With it, OpenSearch refuses to put a second index behind the alias."""

_SKEW = 1_000_000_000
"""Nanoseconds by which the clocks of two environments may differ. AWS keeps them much closer."""

_CURRENT_VERSION = re.compile(r"current version \[(\d+)\]")  # in the reason of a conflict


class Read(NamedTuple):
    """When rows are read, by two clocks, in nanoseconds.

    `version` is the time, which can be compared with that of another environment. `steady` cannot,
    but never jumps.
    """

    version: int
    steady: int

    @classmethod
    def begin(cls) -> Read:
        """Must be called before the rows are read."""
        return cls(time.time_ns(), time.monotonic_ns())

    @property
    def newest(self) -> int:
        """The highest version that another environment with a right clock can have by now."""
        return self.version + time.monotonic_ns() - self.steady + _SKEW


@dataclass(frozen=True, slots=True)
class Change:
    """The new state of a document. `document` is None for a deletion.

    If the row cannot be made a document, `problem` says why, and there is nothing to write.
    """

    key: str
    read: Read
    document: Document | None = None
    problem: str = ""


class Outcome(Enum):
    """The outcome of writing a change."""

    DONE = "this version or a newer one is in the index"
    RETRY = "not written; a retry may succeed"
    REJECTED = "not written; every retry would fail in the same way"


class Result(NamedTuple):
    """The outcome of a change, and the reason as OpenSearch or Python names it."""

    outcome: Outcome
    reason: str = ""


type Results = dict[str, Result]
"""Results by the keys of the documents."""


class AliasMissing(Unavailable):
    """There is no index behind the alias."""


def write(changes: Sequence[Change]) -> Results:
    """Write changes to the index and to the one that a rebuild is filling. Raises Unavailable.

    The order matters. If a rebuild finishes between the two requests, its index is the one that
    the second request writes to. If a rebuild begins between them, it reads the rows later.
    """
    try:
        next_results = bulk(search.next_alias(), changes)
    except AliasMissing:
        next_results = {}
    try:
        results = bulk(search.index_alias(), changes)
    except AliasMissing:
        create_first()
        results = bulk(search.index_alias(), changes)
    return {key: worst([each, next_results.get(key, each)]) for key, each in results.items()}


def bulk(alias: str, changes: Sequence[Change]) -> Results:
    """Write changes to the index behind an alias. Raises AliasMissing and Unavailable."""
    writable = [change for change in changes if not change.problem]
    results = {
        change.key: Result(Outcome.REJECTED, change.problem) for change in changes if change.problem
    }
    lines = search.REQUIRE_ALIAS + "".join(map(_lines, writable))
    # OpenSearch Service ignores the query string of a signed POST, so all parameters are in the
    # body (OpenSearch Service guide, "Making and signing OpenSearch Service requests").
    response = opensearch().request("POST", f"/{alias}/_bulk", lines.encode())
    if response.status != 200:
        raise _unavailable(response)
    required, *items = (item for [item] in (each.values() for each in response.body["items"]))
    # The error names the alias if it is missing, or the index that a rebuild has just replaced.
    if required["error"].get("index") == alias:
        raise AliasMissing(f"there is no index behind {alias}")
    done = list(zip(writable, items, strict=True))
    results |= {change.key: _result(item) for change, item in done}
    # A clock was wrong, here or where that version was made. Nothing newer is in the index.
    hidden = [
        replace(change, read=change.read._replace(version=version))
        for change, item in done
        if (version := _current_version(item)) > change.read.newest
    ]
    return results | bulk(alias, hidden) if hidden else results


def worst(results: Iterable[Result]) -> Result:
    """The result that needs most attention: a retry, then a rejection."""
    order = [Outcome.RETRY, Outcome.REJECTED, Outcome.DONE]
    return min(results, key=lambda result: order.index(result.outcome))


def create_first() -> None:
    """Create the first index, unless another invocation just did. Raises Unavailable."""
    response = create(f"{search.index_alias()}.1", search.index_alias())
    if response.status != 200 and _error(response.body) != "resource_already_exists_exception":
        raise _unavailable(response)


def create(name: str, *aliases: str) -> OpenSearchResponse:
    """Create an index with its aliases. Raises Unavailable, also if an alias has an index."""
    definition = DEFINITION | {"aliases": {alias: {**WRITE_INDEX} for alias in aliases}}
    return opensearch().request("PUT", f"/{name}", simplejson.dumps(definition).encode())


def _lines(change: Change) -> str:
    if change.document is None:
        return search.delete_line(change.key, change.read.version)
    line = {"_id": change.key, "version": change.read.version, "version_type": "external_gte"}
    head = simplejson.dumps({"index": line | {"require_alias": True}})
    document = simplejson.dumps(change.document, use_decimal=True, ensure_ascii=False)
    return f"{head}\n{document}\n"


def _result(item: dict[str, Any]) -> Result:
    match item["status"]:
        case 200 | 201 | 409:
            return Result(Outcome.DONE)
        case 404 if "error" not in item:  # the deleted document did not exist
            return Result(Outcome.DONE)
        case 400 if _error(item) != "illegal_argument_exception":
            return Result(Outcome.REJECTED, _error(item))
    # 403 is a full disk, 404 an index that a rebuild has just replaced, 429 a full queue, and 5xx a
    # fault. With this mapping, an illegal argument is always about the alias, not the document.
    return Result(Outcome.RETRY, _error(item))


def _current_version(item: dict[str, Any]) -> int:
    """The version of the document that was not replaced, if it is newer; 0 otherwise."""
    if item["status"] != 409:
        return 0
    found = _CURRENT_VERSION.search(item["error"].get("reason", ""))
    return int(found[1]) if found else 0


def _error(body: dict[str, Any]) -> str:
    error = body.get("error", {})
    return str(error.get("type", "")) if isinstance(error, dict) else ""


def _unavailable(response: OpenSearchResponse) -> Unavailable:
    return Unavailable(f"search responds with status {response.status} {_error(response.body)}")
