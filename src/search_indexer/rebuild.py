"""Rebuilding the index: a new index is filled beside the one in use, step by step.

`ops.reindex` invokes the steps. Meanwhile, every batch is written to both indexes (`index.write`).
Each rebuild has an alias of its own. A rebuild that was abandoned for another one finds its alias
gone, and stops.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import index
import tables
from index import Outcome

from common import search
from common.api.errors import Conflict, Unavailable
from common.search import opensearch


def run_step(event: dict[str, Any]) -> dict[str, Any]:
    """Run one step. Raises Conflict, and Unavailable if a retry of this step may succeed."""
    match event:
        case {"reindex": "begin"}:
            return _begin()
        case {"reindex": "load", "rebuild": rebuild, "table": table}:
            return _load(rebuild, table, event.get("start"))
        case {"reindex": "finish", "rebuild": rebuild}:
            return _finish(rebuild)
    raise ValueError("unknown step of a rebuild")


def _begin() -> dict[str, Any]:
    """Create the next index. Deletes the index of a rebuild that was never finished."""
    if _index_behind(search.index_alias()) is None:
        index.create_first()
    if abandoned := _index_behind(search.next_alias()):
        _change_aliases({"remove_index": {"index": abandoned}})
    rebuild = uuid.uuid4().hex
    name = _next_name(_index_behind(search.index_alias()) or "")
    response = index.create(name, search.next_alias(), _alias_of(rebuild))
    if response.status != 200:
        raise _abandoned()
    return {"rebuild": rebuild, "tables": [table.type for table in tables.tables()]}


def _load(rebuild: str, type_: str, start: tables.Key | None) -> dict[str, Any]:
    """Index one page of a table. Returns the key that the next page starts after."""
    [table] = (table for table in tables.tables() if table.type == type_)
    changes, next_start = table.scan(start)
    try:
        results = index.bulk(_alias_of(rebuild), changes)
    except index.AliasMissing:
        raise _abandoned() from None
    for result in results.values():
        if result.outcome is Outcome.RETRY:
            raise Unavailable(f"not indexed: {result.reason}")
    rejected = {k: each.reason for k, each in results.items() if each.outcome is Outcome.REJECTED}
    return {"rows": len(changes), "rejected": rejected, "next": next_start}


def _finish(rebuild: str) -> dict[str, Any]:
    """Replace the index in use by the new one, and delete it, in one atomic request."""
    alias, own = search.index_alias(), _alias_of(rebuild)
    new, old = _index_behind(own), _index_behind(alias)
    if new is None:
        raise _abandoned()
    opensearch().request("POST", f"/{own}/_refresh")  # so that searches find everything at once
    _change_aliases(
        {"remove": {"index": new, "alias": own, "must_exist": True}},
        {"remove": {"index": new, "alias": search.next_alias()}},
        {"add": {"index": new, "alias": alias, **index.WRITE_INDEX}},
        *([{"remove_index": {"index": old}}] if old else []),
    )
    return {"index": new}


def _index_behind(alias: str) -> str | None:
    """The name of the index behind an alias; None if there is none."""
    response = opensearch().request("GET", f"/_alias/{alias}")
    return next(iter(response.body), None) if response.status == 200 else None


def _next_name(name: str) -> str:
    number = name.rpartition(".")[2]
    return f"{search.index_alias()}.{int(number) + 1 if number.isdigit() else 2}"


def _change_aliases(*actions: dict[str, Any]) -> None:
    body = json.dumps({"actions": actions}).encode()
    response = opensearch().request("POST", "/_aliases", body)
    if response.status != 200:
        raise _abandoned()


def _alias_of(rebuild: str) -> str:
    return f"{search.next_alias()}.{rebuild}"


def _abandoned() -> Conflict:
    return Conflict("another rebuild has taken the place of this one")
