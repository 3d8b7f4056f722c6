"""erasure: no document of the user stays in the index, also if the indexer is behind or gave up.

fault 65
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from common.api.errors import Unavailable
from common.search import EVERYBODY
from project import functions
from tests.harness.personal_data import ADA, BEN, Person, begin, personal_data, step
from tests.harness.simulator.opensearch import OpenSearch, Trouble, served

pytestmark = pytest.mark.slow


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenSearch]:
    with personal_data(), served() as (engine, url):
        monkeypatch.setenv("SEARCH_URL", url)
        begin(ADA)
        yield engine


def index(engine: OpenSearch, person: Person, count: int = 1, alias: str = "storefront") -> None:
    """Add documents of a user: orders, and a group and a message for everybody and for BEN."""
    if alias not in engine.aliases:
        engine.aliases[alias] = f"{alias}.1"
        engine.indexes[f"{alias}.1"] = {}
    documents = engine.documents(alias)
    for number in range(count):
        key = f"order:{person.name}{number:04}"
        documents[key] = {"type": "order", "visibleTo": [person.sub], "owner": person.sub}
    shared: Any = {"type": "group", "visibleTo": [EVERYBODY], "owner": person.sub}
    message: Any = {"type": "message", "visibleTo": [BEN.sub, person.sub]}
    documents |= {f"group:{person.name}": shared, f"message:{person.name}": message}


def test_the_documents_of_the_user_are_deleted_and_those_of_others_stay(
    search: OpenSearch,
) -> None:
    index(search, ADA)
    index(search, BEN)

    step("search", ADA)

    assert sorted(search.documents()) == ["group:benoit", "message:benoit", "order:benoit0000"]


def test_many_documents_take_many_pages(search: OpenSearch) -> None:
    index(search, ADA, count=1100)

    step("search", ADA)

    assert search.documents() == {}


def test_the_index_that_a_rebuild_is_filling_is_searched_too(search: OpenSearch) -> None:
    index(search, ADA)
    index(search, ADA, alias="storefront.next")

    step("search", ADA)

    assert search.documents() == search.documents("storefront.next") == {}


def test_an_indexer_that_is_behind_cannot_write_a_document_again(search: OpenSearch) -> None:
    index(search, ADA)
    write = functions.module("search_indexer", "index")
    read = write.Read.begin()
    step("search", ADA)
    document = {"key": "order:ada", "type": "order", "visibleTo": [ADA.sub], "owner": ADA.sub}

    write.write([write.Change("order:ada-lovelace0000", read, document)])

    assert search.documents() == {}


def test_a_stack_without_an_index_has_no_documents(search: OpenSearch) -> None:
    step("search", ADA)

    assert search.requests == ["POST /storefront.next/_search", "POST /storefront/_search"]


@pytest.mark.parametrize("trouble", Trouble)
def test_the_step_fails_while_search_does(search: OpenSearch, trouble: Trouble) -> None:
    index(search, ADA)
    search.trouble = trouble

    with pytest.raises(Unavailable):
        step("search", ADA)


def test_a_document_that_is_not_deleted_fails_the_step(search: OpenSearch) -> None:
    index(search, ADA)
    search.poisonous["order:ada-lovelace0000"] = (429, "rejected_execution_exception")

    with pytest.raises(Unavailable):
        step("search", ADA)


def test_a_user_who_is_called_everybody_has_only_their_own_documents(search: OpenSearch) -> None:
    everybody = Person("eve", EVERYBODY)
    index(search, BEN)
    begin(everybody)

    step("search", everybody)

    assert "group:benoit" in search.documents()
