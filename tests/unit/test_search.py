"""Search: what is asked of OpenSearch, and what a caller sees of its answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.search import EVERYBODY
from project import functions
from tests.harness.api import ApiResponse, answer

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"  # the caller of events/search
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"

OPEN, CLOSE = "\ue000", "\ue001"
MAX_CLAUSES = 1024  # of Lucene

ODD = {
    "query syntax": 'type:message OR visibleTo:* +a -b (c) [1 TO *] "d" ~2 ^3 \\ / {"a": {}}',
    "wildcards only": "*?*",
    "10 KB": "x" * 10_240,
    "a thousand short words": "a " * 1000,
    "a hundred short words": "a " * 100,
    "control characters": "gl\x00ov\x01es\x7f",
    "NUL": "\x00",
    "a lone surrogate": "gloves \ud83d",
    "emoji": "🧤🧤",
    "CJK": "手袋" * 100,
    "right to left": "قفازات زرقاء",
    "blanks": " \t\n",
}


class OpenSearch(ThreadingHTTPServer):
    """A stub of OpenSearch: what it was asked, and what it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.answer = found()

    @property
    def body(self) -> dict[str, Any]:
        """The body of the only request."""
        [(path, body)] = self.asked
        assert path == "/storefront/_search"
        return body


class Handler(BaseHTTPRequestHandler):
    server: OpenSearch

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[OpenSearch]:
    with OpenSearch() as started:
        threading.Thread(target=started.serve_forever, args=[0.01], daemon=True).start()
        yield started
        started.shutdown()


@pytest.fixture
def opensearch(server: OpenSearch, monkeypatch: pytest.MonkeyPatch) -> OpenSearch:
    host, port = server.server_address[:2]
    monkeypatch.setenv("SEARCH_URL", f"http://{host!s}:{port}")
    functions.forget_clients()
    server.asked, server.status, server.answer = [], 200, found()
    return server


def found(*hits: dict[str, Any], **parts: Any) -> bytes:
    """What OpenSearch answers."""
    said = {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": hits}, **parts}
    return json.dumps(said).encode()


def hit(number: int = 1, owner: str = ADA, **data: Any) -> dict[str, Any]:
    """A picture that was found, the first of them the best."""
    return {
        "_source": {"type": "image", "owner": owner, "visibleTo": [EVERYBODY], "data": data},
        "sort": [9.5 - number, 1772366700000, f"image:{number}"],
    }


def ask(caller: str = ADA, **query: str) -> ApiResponse:
    event = functions.event("search", "everything")
    event["requestContext"]["authorizer"]["claims"]["sub"] = caller
    event["queryStringParameters"] = query or None
    return answer("search", event)


def leaves(value: Any, name: str) -> Iterator[Any]:
    """Everything that stands under this name, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from leaves(each, name)
    if isinstance(value, dict):
        for key, each in value.items():
            if key == name:
                yield each
            yield from leaves(each, name)


def keys(value: Any) -> Iterator[str]:
    """Every key, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from keys(each)
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from keys(each)


@pytest.mark.parametrize("case", ["everything", "images", "query_syntax"])
def test_only_what_the_caller_may_see_is_asked_for(opensearch: OpenSearch, case: str) -> None:
    event = functions.event("search", case)
    words, kind = (event["queryStringParameters"].get(name) for name in ("q", "type"))

    assert answer("search", event) == ApiResponse(200, {"results": [], "next": None})

    query = opensearch.body["query"]["bool"]
    visible = {"terms": {"visibleTo": [ADA, EVERYBODY]}}
    assert query["filter"] == [visible, *([{"term": {"type": kind}}] if kind else [])]
    assert set(query) == {"filter", "must"}
    queries = [each for each in leaves(opensearch.body["query"], "query") if isinstance(each, str)]
    assert set(queries) == {words}
    assert not {"query_string", "simple_query_string", "wildcard", "regexp"} & set(keys(query))


def test_by_its_place_a_thing_is_found_by_its_owner_alone(opensearch: OpenSearch) -> None:
    ask(q="Sydney")

    theirs, own = opensearch.body["query"]["bool"]["must"]["dis_max"]["queries"]
    assert not list(leaves(theirs, "ownText"))
    assert own["bool"]["filter"] == {"term": {"owner": ADA}}
    assert list(leaves(own["bool"]["must"], "ownText")) != []


def test_a_place_is_shown_to_the_owner_alone(opensearch: OpenSearch) -> None:
    city = f"{OPEN}Sydney{CLOSE}"
    marked = {"data.place.city": [city], "data.title": [f"In {city}"]}
    picture = hit(owner=ADA, title="In Sydney", place={"city": "Sydney"})
    opensearch.answer = found({**picture, "highlight": marked})

    [to_ada] = ask(ADA, q="sydney").body["results"]
    [to_ben] = ask(BEN, q="sydney").body["results"]

    assert to_ada["data"] == {"title": "In Sydney", "place": {"city": "Sydney"}}
    assert to_ada["highlights"]["place.city"] == [["", "Sydney", ""]]
    assert to_ben["data"] == {"title": "In Sydney"}
    assert to_ben["highlights"] == {"title": [["In ", "Sydney", ""]]}


def test_nobody_is_told_who_else_may_see_a_thing(opensearch: OpenSearch) -> None:
    opensearch.answer = found(hit(title="x"))

    [result] = ask(q="x").body["results"]

    assert result == {"type": "image", "data": {"title": "x"}, "highlights": {}}


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("two blue gloves", ["two blue gloves"]),
        (f"{OPEN}two{CLOSE}", ["", "two", ""]),
        (f"two {OPEN}blue{CLOSE}\n{OPEN}gloves{CLOSE}!", ["two ", "blue", "\n", "gloves", "!"]),
        (f"<b>{OPEN}&amp;{CLOSE}", ["<b>", "&amp;", ""]),
        (f"{OPEN} of a {CLOSE}user{CLOSE}", ["", " of a ", f"user{CLOSE}"]),
        (f"{OPEN}", [OPEN]),
    ],
)
def test_every_second_piece_of_a_highlight_has_matched(
    opensearch: OpenSearch, text: str, pieces: list[str]
) -> None:
    """fault 46"""
    opensearch.answer = found({**hit(), "highlight": {"data.title": [text]}})

    [result] = ask(q="x").body["results"]

    assert result["highlights"] == {"title": [pieces]}


def test_a_number_comes_back_as_it_was_placed(opensearch: OpenSearch) -> None:
    opensearch.answer = found(hit(quantity=7)).replace(b": 7}", b": 12345678901234567890.5}")

    event = functions.event("search", "everything")
    response = functions.function("search").handler(event, functions.context("search"))

    assert '"quantity":12345678901234567890.5}' in response["body"]


def test_pages_follow_each_other(opensearch: OpenSearch) -> None:
    opensearch.answer = found(*map(hit, range(3)))
    first = ask(q="x", limit="2").body
    opensearch.asked.clear()
    opensearch.answer = found(hit(2))
    second = ask(q="x", limit="2", next=first["next"]).body

    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)
    assert opensearch.body["search_after"] == [8.5, 1772366700000, "image:1"]
    assert opensearch.body["size"] == 3


@pytest.mark.parametrize(
    "other", [{"q": "y"}, {"type": "image"}, {"caller": BEN}, {"next": "x"}, {"next": ""}]
)
def test_a_token_is_good_for_one_search(opensearch: OpenSearch, other: dict[str, str]) -> None:
    """fault 43"""
    opensearch.answer = found(*map(hit, range(3)))
    token = ask(q="x", limit="2").body["next"]

    assert ask(**{"q": "x", "limit": "2", "next": token, **other}).status == 400


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": ""},
        {"q": "x" * 201},
        {"q": "x", "type": "user"},
        {"q": "x", "type": ""},
        {"q": "x", "limit": "0"},
        {"q": "x", "limit": "101"},
    ],
)
def test_a_wrong_query_is_refused(opensearch: OpenSearch, query: dict[str, str]) -> None:
    """fault 43"""
    refused = ask(**query)

    assert refused.status == 400
    assert refused.body["details"] != []
    assert opensearch.asked == []


@pytest.mark.parametrize("words", ODD.values(), ids=ODD)
def test_no_words_break_it(opensearch: OpenSearch, words: str) -> None:
    """fault 50"""
    assert ask(q=words).status in (200, 400)


@given(st.text(max_size=300))
def test_no_text_breaks_it(words: str) -> None:
    """fault 50. Nothing listens, and what would be asked is a 503."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SEARCH_URL", "http://127.0.0.1:9")
        functions.forget_clients()
        assert ask(q=words).status in (400, 503)


@pytest.mark.parametrize("length", [1, 2, 10, 50, 166, 167, 200])
def test_lucene_takes_the_most_clauses_that_there_can_be(
    opensearch: OpenSearch, length: int
) -> None:
    """fault 50. A character is at most one word, and each word all that it may be meant for."""
    ask(q="手" * length)

    query = opensearch.body["query"]
    expansions = list(leaves(query, "max_expansions"))
    stands = [*leaves(query, "match"), *leaves(query, "match_bool_prefix")]
    of_a_word = sum(expansions) + len(stands) - len(expansions)
    others = len(list(leaves(query, "term"))) + len(
        query["bool"]["filter"][0]["terms"]["visibleTo"]
    )
    assert of_a_word * length + others <= MAX_CLAUSES


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"null"),
        (200, found({"_source": {}})),
        (200, found(timed_out=True)),
        (200, found(_shards={"failed": 1})),
        (400, b'{"error": {"type": "x_content_parse_exception"}}'),
        (403, b"{}"),
        (429, b"{}"),
        (500, b""),
    ],
)
def test_without_a_whole_answer_it_is_unavailable(
    opensearch: OpenSearch, status: int, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    opensearch.status, opensearch.answer = status, said

    refused = ask(q="my secret")

    assert refused.status == 503
    assert set(refused.body) == {"message", "details"}
    assert "ERROR" in caplog.text
    assert "my secret" not in caplog.text


def test_before_anything_was_written_nothing_is_found(opensearch: OpenSearch) -> None:
    opensearch.status, opensearch.answer = 404, b'{"error": {"type": "index_not_found_exception"}}'

    assert ask(q="x") == ApiResponse(200, {"results": [], "next": None})


def test_whoever_has_no_token_finds_nothing(opensearch: OpenSearch) -> None:
    event = functions.event("search", "everything")
    event["requestContext"]["authorizer"] = None

    assert answer("search", event).status == 401
    assert opensearch.asked == []
