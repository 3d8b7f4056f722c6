"""The functions with a real OpenSearch, with a new index for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from common import aws
from local.api_user import request
from project.fake_aws import all_tables
from tests.harness.calls import aws_calls
from tests.unit.conftest import log

__all__ = ["aws_calls", "log"]


class Index:
    """An alias and its documents, read directly from the engine."""

    def __init__(self, engine: str, alias: str) -> None:
        self._engine = engine
        self.alias = alias

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to the engine. Returns the body of the response."""
        return request(method, f"{self._engine}{path}", body).body

    def documents(self, alias: str | None = None) -> dict[str, Any]:
        """Return all documents by key."""
        path = f"/{alias or self.alias}"
        self.ask("POST", f"{path}/_refresh")
        hits = self.ask("POST", f"{path}/_search", {"size": 10_000})["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in hits}

    def found(self, query: dict[str, Any]) -> set[str]:
        """Return the keys of the documents that match."""
        self.ask("POST", f"/{self.alias}/_refresh")
        hits = self.ask("POST", f"/{self.alias}/_search", {"query": query})["hits"]["hits"]
        return {hit["_id"] for hit in hits}

    def indexes(self) -> set[str]:
        """Return the names of all indexes of the alias."""
        every = self.ask("GET", "/_cat/indices?format=json")
        return {each["index"] for each in every if each["index"].startswith(self.alias)}


@pytest.fixture
def index(engine: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """A new alias without an index, with empty tables and buckets in moto."""
    made = Index(engine, f"shop-{uuid.uuid4().hex}")
    with all_tables():
        for bucket in ("ImagesBucket", "FailedEventsBucket"):
            aws.s3().create_bucket(Bucket=bucket)
        monkeypatch.setenv("SEARCH_URL", engine)
        monkeypatch.setenv("SEARCH_INDEX", made.alias)
        yield made
    for name in made.indexes():
        made.ask("DELETE", f"/{name}")
