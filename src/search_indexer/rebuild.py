"""An index made anew beside the one in use, step by step, as `ops.reindex` asks for them.

Meanwhile every batch is written to both (`index.write`). Each rebuild has an alias of its own:
one that was dropped for another finds that gone, and does no more harm.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import index
import rows
from index import Fate

from common import search
from common.api.errors import Conflict, Unavailable
from common.search import opensearch


def step(event: dict[str, Any]) -> dict[str, Any]:
    """Do one step. Raises Conflict; Unavailable, where it may be asked for again later."""
    match event:
        case {"reindex": "begin"}:
            return _begin()
        case {"reindex": "load", "rebuild": rebuild, "table": table}:
            return _load(rebuild, table, event.get("start"))
        case {"reindex": "finish", "rebuild": rebuild}:
            return _finish(rebuild)
    raise ValueError("no step of a rebuild")


def _begin() -> dict[str, Any]:
    """Make the next index, instead of one that was never finished."""
    if _behind(search.index()) is None:
        index.create_first()
    if abandoned := _behind(index.next_alias()):
        _change_aliases({"remove_index": {"index": abandoned}})
    rebuild = uuid.uuid4().hex
    name = _following(_behind(search.index()) or "")
    made = index.create(name, index.next_alias(), _alias_of(rebuild))
    if made.status != 200:
        raise _dropped()
    return {"rebuild": rebuild, "tables": [table.type for table in rows.tables()]}


def _load(rebuild: str, type_: str, start: rows.Key | None) -> dict[str, Any]:
    """Index one page of a table, and say where the next begins."""
    [table] = (table for table in rows.tables() if table.type == type_)
    changes, following = table.scan(start)
    try:
        results = index.bulk(_alias_of(rebuild), changes)
    except index.NoAlias:
        raise _dropped() from None
    for result in results.values():
        if result.fate is Fate.AGAIN:
            raise Unavailable(f"not indexed: {result.reason}")
    rejected = {k: each.reason for k, each in results.items() if each.fate is Fate.REJECTED}
    return {"rows": len(changes), "rejected": rejected, "next": following}


def _finish(rebuild: str) -> dict[str, Any]:
    """Let the new index take the place of the one in use, which goes, in one move."""
    alias, own = search.index(), _alias_of(rebuild)
    new, old = _behind(own), _behind(alias)
    if new is None:
        raise _dropped()
    opensearch().request("POST", f"/{own}/_refresh")  # all is found from the move on
    _change_aliases(
        {"remove": {"index": new, "alias": own, "must_exist": True}},
        {"remove": {"index": new, "alias": index.next_alias()}},
        {"add": {"index": new, "alias": alias, **index.THE_ONE}},
        *([{"remove_index": {"index": old}}] if old else []),
    )
    return {"index": new}


def _behind(alias: str) -> str | None:
    """The name of the index behind an alias."""
    answer = opensearch().request("GET", f"/_alias/{alias}")
    return next(iter(answer.body), None) if answer.status == 200 else None


def _following(name: str) -> str:
    number = name.rpartition(".")[2]
    return f"{search.index()}.{int(number) + 1 if number.isdigit() else 2}"


def _change_aliases(*actions: dict[str, Any]) -> None:
    answer = opensearch().request("POST", "/_aliases", json.dumps({"actions": actions}).encode())
    if answer.status != 200:
        raise _dropped()


def _alias_of(rebuild: str) -> str:
    return f"{index.next_alias()}.{rebuild}"


def _dropped() -> Conflict:
    return Conflict("another rebuild has taken the place of this one")
