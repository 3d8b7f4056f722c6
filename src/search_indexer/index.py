"""The index in OpenSearch: how it is made, and documents that come, change and go in it.

It is searched and written under an alias. Indexes are named `<alias>.<number>`: no alias can
have a dot (SearchIndex in template.yaml), so that two stacks never meet at one endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import simplejson
from documents import Document

from common import search
from common.api.errors import Unavailable
from common.search import Answer, opensearch

_FOUND = {"type": "text", "copy_to": ["text", "ownText"]}
_FOUND_BY_OWNER = {"type": "text", "copy_to": ["ownText"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


_DEFINITION = {
    "settings": {
        "index": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",  # none where there is no second node to hold it
            "refresh_interval": "1s",  # said, since an index left alone would stop refreshing
            # How long the version of a deleted document counts: longer than any invocation lasts.
            "gc_deletes": "1h",
            "analysis": {
                "analyzer": {
                    "default": {
                        "type": "custom",
                        "tokenizer": "standard",
                        "filter": ["lowercase", "asciifolding"],
                    }
                }
            },
        }
    },
    "mappings": {
        "dynamic": False,
        "properties": {
            "key": {"type": "keyword"},
            "type": {"type": "keyword"},
            "visibleTo": {"type": "keyword"},
            "owner": {"type": "keyword"},
            "at": {"type": "date"},
            "text": {"type": "text"},
            "ownText": {"type": "text"},
            "data": _object(
                orderID=_FOUND,
                order=_object(item=_FOUND, note=_FOUND, customerID=_FOUND),
                imageID=_FOUND,
                title=_FOUND,
                metadata=_object(camera=_FOUND, takenAt=_FOUND),
                place=_object(
                    latitude=_FOUND_BY_OWNER,
                    longitude=_FOUND_BY_OWNER,
                    area=_FOUND_BY_OWNER,
                    sublocation=_FOUND_BY_OWNER,
                    city=_FOUND_BY_OWNER,
                    province=_FOUND_BY_OWNER,
                    country=_FOUND_BY_OWNER,
                ),
                name=_FOUND,
                description=_FOUND,
                owner=_FOUND,
                **{"from": _FOUND},
                to=_FOUND,
                text=_FOUND,
            ),
        },
    },
}

# In every `_bulk`. A delete that bears a version makes an index where there is none, whatever
# `require_alias` says; not beside an action that requires the alias and is no delete. This one
# changes nothing, and its answer tells whether the alias is there.
_ALIAS_REQUIRED = '{"update": {"_id": "-", "require_alias": true}}\n{"doc": {}}\n'


@dataclass(frozen=True, slots=True)
class Change:
    """What a document has become by `version`, nanoseconds: None is gone.

    `problem` says why a row makes no document, and then nothing else counts.
    """

    key: str
    version: int
    document: Document | None = None
    problem: str = ""


class Fate(Enum):
    """What has become of a change."""

    DONE = "it stands there, or something newer does"
    AGAIN = "not now, maybe later"
    REJECTED = "it fails the same way however often it is tried"


class Result(NamedTuple):
    """A change's fate, and its reason in OpenSearch's or Python's word for it."""

    fate: Fate
    reason: str = ""


type Results = dict[str, Result]
"""By the documents' keys."""


THE_ONE = {"is_write_index": True}
"""Of an alias: OpenSearch then lets no second index behind it, where it would write to neither."""


class NoAlias(Unavailable):
    """No index stands behind the alias."""


def next_alias() -> str:
    """The alias of the index that a rebuild fills."""
    return f"{search.index()}.next"


def write(changes: Sequence[Change]) -> Results:
    """Write to the index, and to the one that is being rebuilt. Raises Unavailable.

    In this order: a rebuild that ends in between makes the second the first, and one that
    begins in between reads the rows after us.
    """
    try:
        ahead = bulk(next_alias(), changes)
    except NoAlias:
        ahead = {}
    try:
        results = bulk(search.index(), changes)
    except NoAlias:
        create_first()
        results = bulk(search.index(), changes)
    return {key: worst([each, ahead.get(key, each)]) for key, each in results.items()}


def bulk(alias: str, changes: Sequence[Change]) -> Results:
    """Write to the index behind one alias. Raises NoAlias, Unavailable."""
    readable = [change for change in changes if not change.problem]
    results = {
        change.key: Result(Fate.REJECTED, change.problem) for change in changes if change.problem
    }
    lines = _ALIAS_REQUIRED + "".join(map(_lines, readable))
    # No parameters in the address: for a signed POST the service ignores them (OpenSearch
    # Service guide, "Making and signing OpenSearch Service requests").
    answer = opensearch().request("POST", f"/{alias}/_bulk", lines.encode())
    if answer.status != 200:
        raise _refused(answer)
    required, *items = (item for [item] in (each.values() for each in answer.body["items"]))
    # Without the alias it is named; an index is, that a rebuild has just taken from behind it.
    if required["error"].get("index") == alias:
        raise NoAlias(f"no index stands behind {alias}")
    return results | {
        change.key: _result(item) for change, item in zip(readable, items, strict=True)
    }


def worst(results: Iterable[Result]) -> Result:
    """The one that most is left to do about: to be tried again, before what is rejected."""
    order = [Fate.AGAIN, Fate.REJECTED, Fate.DONE]
    return min(results, key=lambda result: order.index(result.fate))


def create_first() -> None:
    """Make the first index, if nobody else just did. Raises Unavailable."""
    answer = create(f"{search.index()}.1", search.index())
    if answer.status != 200 and _error(answer.body) != "resource_already_exists_exception":
        raise _refused(answer)


def create(name: str, *aliases: str) -> Answer:
    """Ask for an index that comes with its aliases. Raises Unavailable, for a second one too."""
    definition = _DEFINITION | {"aliases": {alias: {**THE_ONE} for alias in aliases}}
    return opensearch().request("PUT", f"/{name}", simplejson.dumps(definition).encode())


def _lines(change: Change) -> str:
    line = {"_id": change.key, "version": change.version, "version_type": "external_gte"}
    if change.document is None:
        return simplejson.dumps({"delete": line}) + "\n"
    head = simplejson.dumps({"index": line | {"require_alias": True}})
    document = simplejson.dumps(change.document, use_decimal=True, ensure_ascii=False)
    return f"{head}\n{document}\n"


def _result(item: dict[str, Any]) -> Result:
    match item["status"]:
        case 200 | 201 | 409:
            return Result(Fate.DONE)
        case 404 if "error" not in item:  # a delete of what was not there
            return Result(Fate.DONE)
        case 400 if _error(item) != "illegal_argument_exception":
            return Result(Fate.REJECTED, _error(item))
    # 403 is a full disk, 404 an index that a rebuild has just replaced, 429 a full queue, 5xx a
    # fault, and an illegal argument is none of a document with such a mapping, but of an alias.
    return Result(Fate.AGAIN, _error(item))


def _error(answer: dict[str, Any]) -> str:
    error = answer.get("error", {})
    return str(error.get("type", "")) if isinstance(error, dict) else ""


def _refused(answer: Answer) -> Unavailable:
    return Unavailable(f"search answers {answer.status} {_error(answer.body)}")
