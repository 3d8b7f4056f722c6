"""What is asked of OpenSearch, and what a caller gets to see of its answer."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from common.api.errors import Invalid, Unavailable
from common.observability import logger
from common.pagination import Page
from common.search import EVERYBODY, TYPES, index, opensearch

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH = 200  # characters

# Lucene takes 1,024 clauses (`indices.query.bool.max_clause_count`). A character is at most one
# word, and a word is looked for in two fields: as it stands, as a beginning, and as what it may
# have been meant for.
_CLAUSES = 1000
_FIELDS = 2
_MAX_EXPANSIONS = 50

# More than words can score, so that what has them all as they stand comes before what has the
# last one's beginning, and that before what has words like them.
_RANK = 500

# Private-use characters (Unicode, chapter 23.5) around what matched.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MATCHED = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)

_PLACE = "place"


@dataclass(frozen=True, slots=True)
class Query:
    """Words that `caller` looks for, in things of one type or, if None, of all."""

    caller: str
    words: str
    type: str | None
    page: Page

    @classmethod
    def requested(cls, query: Mapping[str, str], caller: str) -> Self:
        """What a query string asks for. Raises Invalid."""
        words = unicodedata.normalize("NFC", query.get("q", "").strip())
        if not (len(words) <= MAX_LENGTH and _is_text(words)):
            raise Invalid(
                "there are no words to look for", [f"q: words, 1 to {MAX_LENGTH} characters"]
            )
        kind = query.get("type")
        if kind not in (None, *TYPES):
            raise Invalid("type is wrong", [f"type: one of {', '.join(TYPES)}"])
        return cls(caller, words, kind, Page.requested(query, caller))

    def ask(self) -> tuple[list[dict[str, Any]], str | None]:
        """A page of results, and the token of the next page. Raises Invalid and Unavailable."""
        # No parameters in the address: for a signed POST the service ignores them (OpenSearch
        # Service guide, "Making and signing OpenSearch Service requests").
        answer = opensearch().request(
            "POST", f"/{index()}/_search", json.dumps(self._body()).encode()
        )
        if answer.status == 404:  # nothing has been written yet, and there is no index
            return [], None
        if answer.status != 200:
            # Our request is wrong, whatever the caller looks for. The reason may quote that.
            logger.error("OpenSearch refuses the query", status=answer.status)
            raise Unavailable("search cannot answer this")
        try:
            return self._page(answer.body)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Unavailable("something else than search answers") from error

    def _body(self) -> dict[str, Any]:
        """The request. The words are data in it, and never syntax."""
        filters: list[dict[str, Any]] = [{"terms": {"visibleTo": [self.caller, EVERYBODY]}}]
        if self.type:
            filters.append({"term": {"type": self.type}})
        theirs = self._matches("text")
        own = {
            "bool": {"filter": {"term": {"owner": self.caller}}, "must": self._matches("ownText")}
        }
        after = self.page.after(*self._list)
        return {
            "size": self.page.limit + 1,  # one more tells whether there is a next page
            "timeout": "5s",
            "track_total_hits": False,
            "query": {"bool": {"filter": filters, "must": {"dis_max": {"queries": [theirs, own]}}}},
            "sort": [{"_score": "desc"}, {"at": "desc"}, {"key": "asc"}],
            **({"search_after": after} if after else {}),
            "highlight": {
                "fields": {"data.*": {}},
                "require_field_match": False,
                "highlight_query": theirs,  # else `order` would match where the type does
                "number_of_fragments": 3,
                "fragment_size": 160,
                "pre_tags": [_OPEN],
                "post_tags": [_CLOSE],
            },
        }

    def _matches(self, field: str) -> dict[str, Any]:
        words = {"query": self.words, "operator": "and"}
        as_they_stand = [{"match": {field: words}}, {"match_bool_prefix": {field: words}}]
        ways = [{"constant_score": {"filter": way, "boost": _RANK}} for way in as_they_stand]
        expansions = _CLAUSES // _FIELDS // len(self.words) - len(ways)
        if expansions:
            meant = {
                "fuzziness": "AUTO",
                "prefix_length": 1,
                "max_expansions": min(expansions, _MAX_EXPANSIONS),
            }
            ways.append({"match": {field: words | meant}})
        return {"bool": {"should": ways}}

    def _page(self, answer: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
        if answer["timed_out"] or answer["_shards"]["failed"]:
            raise Unavailable("search takes too long")  # half an answer would be a wrong one
        hits = answer["hits"]["hits"]
        found = [self._result(hit) for hit in hits[: self.page.limit]]
        if len(hits) == len(found):
            return found, None
        score, *rest = hits[len(found) - 1]["sort"]
        return found, self.page.behind([float(score), *rest], *self._list)

    def _result(self, hit: dict[str, Any]) -> dict[str, Any]:
        document, highlights = hit["_source"], hit.get("highlight", {})
        data = document["data"]
        pieces = {
            path.removeprefix("data."): [_MATCHED.split(fragment) for fragment in fragments]
            for path, fragments in highlights.items()
        }
        if document.get("owner") != self.caller:
            data = {name: value for name, value in data.items() if name != _PLACE}
            pieces = {
                path: fragments
                for path, fragments in pieces.items()
                if path.partition(".")[0] != _PLACE
            }
        return {"type": document["type"], "data": data, "highlights": pieces}

    @property
    def _list(self) -> tuple[str, ...]:
        return "search", self.type or "", self.words


def _is_text(words: str) -> bool:
    """Whether there is a letter, digit or symbol in it, and no half of a surrogate pair."""
    kinds = {unicodedata.category(character) for character in words}
    return "Cs" not in kinds and any(kind[0] in "LNS" for kind in kinds)
