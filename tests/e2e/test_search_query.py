"""Which words find which documents, in a real OpenSearch with the indexer's index."""

from __future__ import annotations

import itertools
import string
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from common.search import EVERYBODY, TYPES
from local.api_user import request
from local.emulator_clients import REGION
from project import functions
from tests.harness.api import answer
from tests.harness.page_tokens import token
from tests.unit.test_search import ODD

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("queries OpenSearch directly"),
]

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"  # the caller of events/search
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"
OSLO = {"city": "Oslo", "country": "Norway", "latitude": 59.9139}
LEICA = {"camera": "Leica M3", "takenAt": "2026-02-28T09:30:00"}


def document(kind: str, owner: str = ADA, *others: str, **data: Any) -> dict[str, Any]:
    """Return a document as the indexer writes it, visible to its owner and to others."""
    key = f"{kind}:{uuid.uuid4()}"
    found = {"key": key, "type": kind, "visibleTo": [owner, *others], "data": data}
    return found | {"at": "2026-03-01T12:00:00Z"} | ({} if kind == "message" else {"owner": owner})


def order(owner: str, item: str, **more: str) -> dict[str, Any]:
    return document("order", owner, order={"item": item, **more})


class Shelf:
    """A separate index, and searches in it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._index = functions.module("search_indexer", "index")
        self._index.create_first()

    def hold(self, *documents: dict[str, Any]) -> None:
        """Replace all documents by these."""
        everything: dict[str, Any] = {"query": {"match_all": {}}}
        request("POST", f"{self._url}/_delete_by_query?refresh=true", everything)
        self.add(*documents)

    def add(self, *documents: dict[str, Any]) -> None:
        """Add these documents to the others."""
        read = self._index.Read.begin()
        changes = [self._index.Change(each["key"], read, each) for each in documents]
        self._index.bulk(self._url.rpartition("/")[2], changes)
        request("POST", f"{self._url}/_refresh")

    def page(self, words: str, caller: str = ADA, **query: str) -> dict[str, Any]:
        """Search. Returns the whole page of results."""
        event = functions.event("search", "everything")
        event["requestContext"]["authorizer"]["claims"]["sub"] = caller
        event["queryStringParameters"] = {"q": words, **query}
        response = answer("search", event)
        assert response.status == 200, response
        page: dict[str, Any] = response.body
        return page

    def find(self, words: str, caller: str = ADA, **query: str) -> list[dict[str, Any]]:
        """Search. Returns the results."""
        found: list[dict[str, Any]] = self.page(words, caller, **query)["results"]
        return found

    def items(self, words: str, caller: str = ADA) -> list[str]:
        """Search. Returns the items of the orders found, the best match first."""
        return [each["data"]["order"]["item"] for each in self.find(words, caller)]


# OpenSearch checks no signature here.
SIGNED = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(scope="module")
def shelf(engine: str) -> Iterator[Shelf]:
    alias = f"shelf-{uuid.uuid4()}"
    variables = functions.environment("search_indexer") | functions.environment("search")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**variables, **SIGNED, "AWS_DEFAULT_REGION": REGION}.items():
            environment.setenv(name, value)
        environment.setenv("SEARCH_URL", engine)
        environment.setenv("SEARCH_INDEX", alias)
        functions.forget_clients()
        yield Shelf(f"{engine}/{alias}")
    functions.forget_clients()


@pytest.mark.parametrize(
    ("words", "item"),
    [
        ("gloves", "two blue gloves"),
        ("BLUE gloves", "two blue gloves"),
        ("gloves blue", "two blue gloves"),
        ("glvoes", "two blue gloves"),
        ("glovs", "two blue gloves"),
        ("blue glo", "two blue gloves"),
        ("creme", "Crème brûlée"),
        ("crème brûlée", "creme brulee"),
        ("cre\u0300me", "Crème brûlée"),
        ("手袋", "青い手袋"),
        ("قفازات", "قفازات زرقاء"),
        ("🧤", "pair of 🧤"),
    ],
)
def test_words_match_despite_case_order_accents_and_typos(
    shelf: Shelf, words: str, item: str
) -> None:
    shelf.hold(order(ADA, item), order(ADA, "Desk lamp"))

    assert shelf.items(words) == [item]


@pytest.mark.parametrize("words", ["gloves red", "blu lamp", "hloves", "everybody", "order"])
def test_a_document_must_contain_all_words(shelf: Shelf, words: str) -> None:
    shelf.hold(order(ADA, "two blue gloves"), document("group", BEN, EVERYBODY, name="Lamps"))

    assert shelf.find(words) == []


def test_exact_words_rank_above_prefixes_and_typos(shelf: Shelf) -> None:
    long = "a long note, which contains many other words and so lowers the score of each one"
    shelf.hold(
        order(ADA, "glover"),
        order(ADA, "glove", note=long),
        order(ADA, "gloves"),
        order(ADA, "clove"),
    )

    items = shelf.items("glove")

    assert items[0] == "glove"
    assert set(items) == {"glove", "gloves", "glover"}
    assert shelf.items("gloev")[0] == "glove"


def test_equal_matches_are_sorted_by_time(shelf: Shelf) -> None:
    days = ["2026-03-02", "2026-03-04", "2026-03-03"]
    shelf.hold(*(order(ADA, "gloves", note=day) | {"at": f"{day}T12:00:00Z"} for day in days))

    notes = [each["data"]["order"]["note"] for each in shelf.find("gloves")]
    assert notes == sorted(days, reverse=True)


@pytest.mark.parametrize("kind", TYPES)
def test_a_search_can_be_limited_to_one_type(shelf: Shelf, kind: str) -> None:
    shelf.hold(*(document(each, ADA, text="gloves") for each in TYPES))

    assert {each["type"] for each in shelf.find("gloves")} == set(TYPES)
    assert [each["type"] for each in shelf.find("gloves", type=kind)] == [kind]


def test_matches_are_highlighted_in_all_fields(shelf: Shelf) -> None:
    shelf.hold(order(ADA, "two blue gloves", note="Blue! <b>blau</b> is bleu; glovs too."))

    [found] = shelf.find("blue gloves")

    assert found["highlights"]["order.item"] == [["two ", "blue", " ", "gloves", ""]]
    [[before, blue, *_]] = found["highlights"]["order.note"]
    assert (before, blue) == ("", "Blue")
    assert found["data"]["order"]["note"] == "Blue! <b>blau</b> is bleu; glovs too."


def test_words_that_are_also_field_values_are_not_highlighted(shelf: Shelf) -> None:
    shelf.hold(document("group", BEN, EVERYBODY, name="A group for everybody", description="x"))

    [found] = shelf.find("for", type="group")

    assert found["highlights"] == {"name": [["A group ", "for", " everybody"]]}


def test_users_find_only_documents_that_are_visible_to_them(shelf: Shelf) -> None:
    shelf.hold(
        order(ADA, "gloves"),
        document("image", ADA, title="gloves"),
        document("message", ADA, BEN, text="gloves"),
        document("group", ADA, EVERYBODY, name="gloves"),
    )

    assert {each["type"] for each in shelf.find("gloves", ADA)} == set(TYPES)
    assert {each["type"] for each in shelf.find("gloves", BEN)} == {"message", "group"}
    assert {each["type"] for each in shelf.find("gloves", "somebody")} == {"group"}
    for caller in ("*", EVERYBODY, "", ADA.upper()):
        assert {each["type"] for each in shelf.find("gloves", caller)} <= {"group"}


@pytest.mark.parametrize("words", ["Oslo", "norway", "norwya", "Osl", "59.9139", "window oslo"])
def test_only_the_owner_finds_a_picture_by_its_place(shelf: Shelf, words: str) -> None:
    shelf.hold(document("image", ADA, EVERYBODY, title="The window", place=OSLO))

    [found] = shelf.find(words, ADA)

    assert found["data"]["place"] == OSLO
    assert any(path.startswith("place.") for path in found["highlights"])
    assert shelf.find(words, BEN) == []


@pytest.mark.parametrize("words", ["Leica", "leika m3", "Lei", "2026-02-28", "window leica"])
def test_only_the_owner_finds_a_picture_by_its_camera_and_time(shelf: Shelf, words: str) -> None:
    """fault 77"""
    shelf.hold(document("image", ADA, EVERYBODY, title="The window", metadata=LEICA))

    [found] = shelf.find(words, ADA)

    assert found["data"]["metadata"] == LEICA
    assert any(path.startswith("metadata.") for path in found["highlights"])
    assert shelf.find(words, BEN) == []


def test_the_metadata_of_another_users_picture_are_neither_returned_nor_highlighted(
    shelf: Shelf,
) -> None:
    """fault 77"""
    described = {"place": OSLO, "metadata": LEICA}
    shelf.hold(document("image", ADA, EVERYBODY, title="Oslo by Leica", **described))

    [found] = shelf.find("oslo leica", BEN)

    assert found["data"] == {"title": "Oslo by Leica"}
    assert found["highlights"] == {"title": [["", "Oslo", " by ", "Leica", ""]]}


def test_order_and_page_tokens_are_the_same_whatever_others_wrote(shelf: Shelf) -> None:
    """fault 77"""
    shelf.hold(order(ADA, "a secret lamp"), order(ADA, "secret"), order(ADA, "sekret"))
    before = [shelf.page("secret", limit="1"), shelf.page("secret", limit="2")]

    shelf.add(*(order(BEN, "secret", note="secret secret") for _ in range(20)))

    assert [shelf.page("secret", limit="1"), shelf.page("secret", limit="2")] == before


def test_pages_contain_every_result_once(shelf: Shelf) -> None:
    shelf.hold(*(order(ADA, f"gloves n. {number}") for number in range(25)))

    pages = [shelf.page("gloves", limit="7")]
    while following := pages[-1]["next"]:
        pages.append(shelf.page("gloves", limit="7", next=following))

    items = [each["data"]["order"]["item"] for page in pages for each in page["results"]]
    assert [len(page["results"]) for page in pages] == [7, 7, 7, 4]
    assert sorted(items) == sorted(f"gloves n. {number}" for number in range(25))


def test_a_number_is_returned_with_all_digits(shelf: Shelf) -> None:
    placed = order(ADA, "gloves")
    placed["data"]["order"]["quantity"] = 0.1
    shelf.hold(placed)

    [found] = shelf.find("gloves")

    assert found["data"]["order"]["quantity"] == 0.1


@pytest.mark.parametrize("words", ODD.values(), ids=ODD)
def test_special_characters_are_not_query_syntax(shelf: Shelf, words: str) -> None:
    """fault 50"""
    shelf.hold(order(ADA, "gloves"), order(BEN, "gloves"), document("message", BEN, text="a b"))
    event = functions.event("search", "everything")
    event["queryStringParameters"] = {"q": words}

    response = answer("search", event)

    assert response.status in (200, 400)
    for found in response.body.get("results", []):
        assert found["data"]["order"]["item"] == "gloves"


def test_no_query_of_two_hundred_characters_exceeds_lucenes_clause_limit(shelf: Shelf) -> None:
    """fault 50. The index contains so many similar words that each word has all expansions."""
    words = ["".join(each) for each in itertools.product(string.ascii_lowercase[:12], repeat=3)]
    ideographs = "".join(chr(0x4E00 + number) for number in range(200))
    shelf.hold(order(ADA, " ".join(words)), order(ADA, ideographs))

    for query in (
        " ".join(words[::7][:50]),
        " ".join(each + each for each in words[::5])[:199],
        ideographs,
        ("アイウabc" * 40)[:200],
        " ".join(string.ascii_lowercase * 4)[:199],
        "ﬃ ﬄ " * 50,
        "a" * 200,
    ):
        shelf.find(query.strip())


def test_a_token_made_by_hand_is_no_server_error(shelf: Shelf) -> None:
    """fault 61"""
    own = order(ADA, "gloves")
    shelf.hold(own, order(BEN, "gloves"))

    for score in (0.0, 1e-300, 500.5, 999_999.9):
        for time in (0, 1, 1 << 31, (1 << 53) - 1):
            for key in ("\0", "~", "😀", "x" * 1024, own["key"]):
                found = shelf.find("gloves", next=token(score, time, key))
                assert [each["data"] for each in found] in ([], [own["data"]])


def test_a_missing_index_has_no_results(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_INDEX", f"nothing-{uuid.uuid4()}")

    assert shelf.page("gloves") == {"results": [], "next": None}
