"""The `search` function: its query to OpenSearch, and what a caller sees of the results."""

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
from tests.harness.heaviest.cases import CASES
from tests.harness.heaviest.records import LAMBDA_PAYLOAD_BYTES
from tests.harness.heaviest.services import answering
from tests.harness.page_tokens import encoded, forged, token

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"  # the caller of events/search
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"

OPEN, CLOSE = "\ue000", "\ue001"
MAX_CLAUSES = 1024  # Lucene's limit per query

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
    """A stub of OpenSearch: it records its requests, and returns a given response."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.content = found()

    @property
    def body(self) -> dict[str, Any]:
        """The body of the only request."""
        [(path, body)] = self.requests
        assert path == "/storefront/_search"
        return body


class Handler(BaseHTTPRequestHandler):
    server: OpenSearch

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: Any) -> None:
        """Keep the test output clean."""


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
    server.requests, server.status, server.content = [], 200, found()
    return server


def found(*hits: dict[str, Any], **parts: Any) -> bytes:
    """Return a response of OpenSearch with these hits."""
    body = {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": hits}, **parts}
    return json.dumps(body).encode()


def hit(number: int = 1, owner: str = ADA, **data: Any) -> dict[str, Any]:
    """Return a hit for a picture. Lower numbers have higher scores."""
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
    """All values with this key, at any depth."""
    if isinstance(value, list):
        for each in value:
            yield from leaves(each, name)
    if isinstance(value, dict):
        for key, each in value.items():
            if key == name:
                yield each
            yield from leaves(each, name)


def keys(value: Any) -> Iterator[str]:
    """All keys, at any depth."""
    if isinstance(value, list):
        for each in value:
            yield from keys(each)
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from keys(each)


@pytest.mark.parametrize("case", ["everything", "images", "query_syntax"])
def test_the_query_filters_by_what_the_caller_may_see(opensearch: OpenSearch, case: str) -> None:
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


def test_staff_find_the_orders_of_all_buyers_and_nothing_else(opensearch: OpenSearch) -> None:
    assert answer("search", functions.event("search", "whole_shop")).status == 200

    assert opensearch.body["query"]["bool"]["filter"] == [{"term": {"type": "order"}}]


def test_nobody_else_finds_the_orders_of_all_buyers(opensearch: OpenSearch) -> None:
    """fault 42"""
    event = functions.event("search", "whole_shop")
    event["requestContext"]["authorizer"]["claims"]["cognito:groups"] = "suppliers"

    assert answer("search", event).status == 404
    assert opensearch.requests == []


def test_only_the_owner_finds_a_picture_by_its_camera_time_and_place(
    opensearch: OpenSearch,
) -> None:
    ask(q="Sydney")

    of_others, own = opensearch.body["query"]["bool"]["must"]["dis_max"]["queries"]
    assert not list(leaves(of_others, "ownText"))
    assert own["bool"]["filter"] == {"term": {"owner": ADA}}
    assert list(leaves(own["bool"]["must"], "ownText")) != []


def test_only_the_owner_sees_camera_time_and_place(opensearch: OpenSearch) -> None:
    """fault 77"""
    city, camera = f"{OPEN}Sydney{CLOSE}", f"{OPEN}Leica{CLOSE}"
    own: Any = {"place": {"city": "Sydney"}, "metadata": {"camera": "Leica"}}
    picture = hit(owner=ADA, title="In Sydney", **own)
    picture["highlight"] = {
        "data.place.city": [city],
        "data.metadata.camera": [camera],
        "data.title": [f"In {city}"],
    }
    opensearch.content = found(picture)

    [to_ada] = ask(ADA, q="sydney").body["results"]
    [to_ben] = ask(BEN, q="sydney").body["results"]

    assert to_ada["data"] == {"title": "In Sydney", **own}
    assert to_ada["highlights"]["place.city"] == [["", "Sydney", ""]]
    assert to_ada["highlights"]["metadata.camera"] == [["", "Leica", ""]]
    assert to_ben["data"] == {"title": "In Sydney"}
    assert to_ben["highlights"] == {"title": [["In ", "Sydney", ""]]}


def test_a_result_does_not_reveal_who_may_see_it(opensearch: OpenSearch) -> None:
    opensearch.content = found(hit(title="x"))

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
def test_every_second_piece_of_a_highlight_is_a_match(
    opensearch: OpenSearch, text: str, pieces: list[str]
) -> None:
    """fault 46"""
    opensearch.content = found({**hit(), "highlight": {"data.title": [text]}})

    [result] = ask(q="x").body["results"]

    assert result["highlights"] == {"title": [pieces]}


def test_a_number_is_returned_with_all_digits(opensearch: OpenSearch) -> None:
    opensearch.content = found(hit(quantity=7)).replace(b": 7}", b": 12345678901234567890.5}")

    event = functions.event("search", "everything")
    response = functions.function("search").handler(event, functions.context("search"))

    assert '"quantity":12345678901234567890.5}' in response["body"]


def test_a_page_continues_after_the_previous_one(opensearch: OpenSearch) -> None:
    opensearch.content = found(*map(hit, range(3)))
    first = ask(q="x", limit="2").body
    opensearch.requests.clear()
    opensearch.content = found(hit(2))
    second = ask(q="x", limit="2", next=first["next"]).body

    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)
    assert opensearch.body["search_after"] == [8.5, 1772366700000, "image:1"]
    assert opensearch.body["size"] == 3


@pytest.mark.parametrize(
    "made",
    [
        *("", "x", token(), token(3.0), token(3.0, 0), token(3.0, 0, "image:1", "")),
        *(token(score, 0, "image:1") for score in (-1.0, 1e6, 1e308, 3, True, None, "3", [3.0])),
        *(token(3.0, time, "image:1") for time in (-1, 1 << 53, 0.5, False, None, "0", [0])),
        *(token(3.0, 0, key) for key in (None, 1, "", "x" * 1025, "\ud800", ["image:1"])),
        encoded('[3.0, NaN, "image:1"]'),
        encoded('[NaN, 0, "image:1"]'),
        encoded('[1e400, 0, "image:1"]'),
        encoded("[" * 100_000),
        token("2026-03-01T12:00:00.000Z", "0b8f7c64-7a0f-4f6e-8d5e-6a1d9c2b3e4f"),
    ],
)
def test_what_is_no_position_in_a_search_is_refused(opensearch: OpenSearch, made: str) -> None:
    """fault 43, fault 61"""
    refused = ask(q="x", next=made)

    assert refused.status == 400
    assert refused.body["details"] == ["next: not a page token of this list"]
    assert opensearch.requests == []


@pytest.mark.slow
@given(forged())
def test_opensearch_gets_positions_of_the_right_types_only(made: str) -> None:
    """fault 61. No OpenSearch is running, so a query that would be sent results in a 503."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SEARCH_URL", "http://127.0.0.1:9")
        functions.forget_clients()
        assert ask(q="x", next=made).status == 400


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
def test_an_invalid_query_is_refused(opensearch: OpenSearch, query: dict[str, str]) -> None:
    """fault 43"""
    refused = ask(**query)

    assert refused.status == 400
    assert refused.body["details"] != []
    assert opensearch.requests == []


@pytest.mark.parametrize("words", ODD.values(), ids=ODD)
def test_unusual_words_cause_no_server_error(opensearch: OpenSearch, words: str) -> None:
    """fault 50"""
    assert ask(q=words).status in (200, 400)


@pytest.mark.slow
@given(st.text(max_size=300))
def test_arbitrary_text_causes_no_server_error(words: str) -> None:
    """fault 50. No OpenSearch is running, so a query that would be sent results in a 503."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SEARCH_URL", "http://127.0.0.1:9")
        functions.forget_clients()
        assert ask(q=words).status in (400, 503)


@pytest.mark.parametrize("length", [1, 2, 10, 50, 166, 167, 200])
def test_a_query_never_exceeds_lucenes_clause_limit(opensearch: OpenSearch, length: int) -> None:
    """fault 50. In the worst case every character is a word, and every word has all expansions."""
    ask(q="手" * length)

    query = opensearch.body["query"]
    expansions = list(leaves(query, "max_expansions"))
    clauses = [*leaves(query, "match"), *leaves(query, "match_bool_prefix")]
    per_word = sum(expansions) + len(clauses) - len(expansions)
    others = len(list(leaves(query, "term"))) + len(
        query["bool"]["filter"][0]["terms"]["visibleTo"]
    )
    assert per_word * length + others <= MAX_CLAUSES


@pytest.mark.parametrize(
    ("status", "content"),
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
def test_an_incomplete_response_of_opensearch_is_503(
    opensearch: OpenSearch, status: int, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    opensearch.status, opensearch.content = status, content

    refused = ask(q="my secret")

    assert refused.status == 503
    assert set(refused.body) == {"message", "details"}
    assert "ERROR" in caplog.text
    assert "my secret" not in caplog.text


def test_a_missing_index_has_no_results(opensearch: OpenSearch) -> None:
    opensearch.status, opensearch.content = 404, b'{"error": {"type": "index_not_found_exception"}}'

    assert ask(q="x") == ApiResponse(200, {"results": [], "next": None})


def test_a_search_without_a_token_is_401(opensearch: OpenSearch) -> None:
    event = functions.event("search", "everything")
    event["requestContext"]["authorizer"] = None

    assert answer("search", event).status == 401
    assert opensearch.requests == []


@pytest.mark.slow
def test_a_page_of_search_results_ends_before_it_is_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = CASES["search"]()
    with answering(case.answers) as url:
        monkeypatch.setenv("SEARCH_URL", url)
        functions.forget_clients()

        response = functions.function("search").handler(case.event, functions.context("search"))

    functions.forget_clients()
    body = json.loads(response["body"])
    assert 0 < len(body["results"]) < 100
    assert body["next"]
    assert len(json.dumps(response).encode()) <= LAMBDA_PAYLOAD_BYTES
