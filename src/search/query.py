"""A search query: the request to OpenSearch, and the part of the response that a caller may see."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from common.api import routes
from common.api.errors import Invalid, NotFound, Unavailable
from common.observability import logger
from common.pagination import Page, is_key, token_after
from common.search import EVERYBODY, OWNER_FIELDS, TYPES, index_alias, opensearch

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH = 200  # characters

# Lucene accepts 1,024 clauses (`indices.query.bool.max_clause_count`). Each word is searched for in
# two fields: exactly, as a prefix, and with typing errors, which needs a clause for each similar
# word. In the worst case, every character is a word.
_MAX_CLAUSES = 1000
_FIELDS = 2
_MAX_EXPANSIONS = 50

# Higher than any score of words. So documents with exactly these words come first, then those with
# a word that starts like the last one, and then those with similar words. In the index, a word has
# the same score however rare it is. Otherwise the order of results, and the page tokens, would tell
# how many documents of other users contain it.
_RANK = 500

# Far above every score of a document, and every time in milliseconds, and within the types in which
# OpenSearch compares them: a client can make a page token with any numbers.
_MAX_SCORE, _MAX_TIME = 1e6, 1 << 53

# Private-use characters (Unicode, chapter 23.5) around the matching words.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MATCHED = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)

# A page ends after this many bytes of results. Lambda sends the JSON of a response as a string in
# JSON, in which escaping can double it, and accepts 6 MiB (Lambda quotas).
_MAX_PAGE_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class Query:
    """The words that `caller` searches for, in documents of one type or, if None, of all types.

    `whole_shop` stands for the orders of all buyers, and nothing else.
    """

    caller: str
    words: str
    type: str | None
    page: Page
    whole_shop: bool = False

    @classmethod
    def from_parameters(cls, query: Mapping[str, str], caller: str, *, is_staff: bool) -> Self:
        """The query in the parameters of a request. Raises Invalid and NotFound."""
        words = unicodedata.normalize("NFC", query.get("q", "").strip())
        if not (len(words) <= MAX_LENGTH and _is_text(words)):
            rule = f"must contain words, at most {MAX_LENGTH} characters"
            raise Invalid(f"the search {rule}", [f"q: {rule}"])
        kind = query.get("type")
        if kind not in (None, *TYPES):
            raise Invalid("invalid type", [f"type: must be one of {', '.join(TYPES)}"])
        whole_shop = query.get("shop")
        if whole_shop not in (None, "true"):
            raise Invalid("invalid shop", ["shop: must be true, or left out"])
        if whole_shop and not is_staff:
            raise NotFound("no such route")
        return cls(caller, words, kind, Page.from_query(query), bool(whole_shop))

    def run(self) -> tuple[list[dict[str, Any]], str | None]:
        """A page of results, and the token of the next page. Raises Invalid and Unavailable."""
        # OpenSearch Service ignores the query string of a signed POST, so all parameters are in the
        # body (OpenSearch Service guide, "Making and signing OpenSearch Service requests").
        response = opensearch().request(
            "POST", f"/{index_alias()}/_search", json.dumps(self._body()).encode()
        )
        if response.status == 404:  # there is no index until the first document is written
            return [], None
        if response.status != 200:
            # No words of a caller may cause this, so the request is wrong. OpenSearch's reason is
            # not logged, because it may quote the words.
            logger.error("OpenSearch rejected the query", status=response.status)
            raise Unavailable("search cannot process this query")
        try:
            return self._page(response.body)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Unavailable("the response is not from OpenSearch") from error

    def _body(self) -> dict[str, Any]:
        """The body of the request. It contains the words as data, never as query syntax."""
        filters: list[dict[str, Any]] = [{"terms": {"visibleTo": [self.caller, EVERYBODY]}}]
        if self.whole_shop:
            filters = [{"term": {"type": "order"}}]
        if self.type:
            filters.append({"term": {"type": self.type}})
        anyone = self._matches("text")
        own = {
            "bool": {"filter": {"term": {"owner": self.caller}}, "must": self._matches("ownText")}
        }
        after = self.page.position(_is_score, _is_time, is_key)
        return {
            "size": self.page.limit + 1,  # one more shows whether there is a next page
            "timeout": "5s",
            "track_total_hits": False,
            "query": {"bool": {"filter": filters, "must": {"dis_max": {"queries": [anyone, own]}}}},
            "sort": [{"_score": "desc"}, {"at": "desc"}, {"key": "asc"}],
            **({"search_after": after} if after else {}),
            "highlight": {
                "fields": {"data.*": {}},
                "require_field_match": False,
                "highlight_query": anyone,  # otherwise `order` would match in the filter by type
                "number_of_fragments": 3,
                "fragment_size": 160,
                "pre_tags": [_OPEN],
                "post_tags": [_CLOSE],
            },
        }

    def _matches(self, field: str) -> dict[str, Any]:
        words = {"query": self.words, "operator": "and"}
        exact = [{"match": {field: words}}, {"match_bool_prefix": {field: words}}]
        ways = [{"constant_score": {"filter": way, "boost": _RANK}} for way in exact]
        expansions = _MAX_CLAUSES // _FIELDS // len(self.words) - len(ways)
        if expansions:
            similar = {
                "fuzziness": "AUTO",
                "prefix_length": 1,
                "max_expansions": min(expansions, _MAX_EXPANSIONS),
            }
            ways.append({"match": {field: words | similar}})
        return {"bool": {"should": ways}}

    def _page(self, response: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
        if response["timed_out"] or response["_shards"]["failed"]:
            raise Unavailable("search took too long")  # the results are incomplete
        hits = response["hits"]["hits"]
        found: list[dict[str, Any]] = []
        size = 0
        for result in map(self._result, hits[: self.page.limit]):
            size += len(routes.to_json(result))
            if found and size > _MAX_PAGE_BYTES:
                break
            found.append(result)
        if len(hits) == len(found):
            return found, None
        score, *rest = hits[len(found) - 1]["sort"]
        return found, token_after([float(score), *rest])

    def _result(self, hit: dict[str, Any]) -> dict[str, Any]:
        document, highlights = hit["_source"], hit.get("highlight", {})
        data = document["data"]
        fragments = {
            path.removeprefix("data."): [_MATCHED.split(fragment) for fragment in found]
            for path, found in highlights.items()
        }
        if document.get("owner") != self.caller:
            data = _without_owner_fields(data)
            fragments = _without_owner_fields(fragments)
        return {"type": document["type"], "data": data, "highlights": fragments}


def _is_score(value: Any) -> bool:
    return type(value) is float and 0 <= value < _MAX_SCORE


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MAX_TIME


def _without_owner_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """What other users see of some fields, which are named by their paths below `data`."""
    return {
        path: value for path, value in fields.items() if path.partition(".")[0] not in OWNER_FIELDS
    }


def _is_text(words: str) -> bool:
    """Whether the words contain a letter, digit or symbol, and no half of a surrogate pair."""
    kinds = {unicodedata.category(character) for character in words}
    return "Cs" not in kinds and any(kind[0] in "LNS" for kind in kinds)
