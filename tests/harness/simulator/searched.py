"""The orders pipeline with search: the real indexer with a fake OpenSearch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.harness.event_sources import event_source
from tests.harness.simulator.opensearch import OpenSearch, served
from tests.harness.simulator.pipeline import Pipeline, connected
from tests.harness.simulator.stream import Stream, StreamMapping


class S3:
    """The bucket for failed events."""

    def __init__(self) -> None:
        self.failed_events: list[dict[str, Any]] = []

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        assert Bucket == "FailedEventsBucket"
        assert Key.startswith("aws/lambda/search_indexer/")
        self.failed_events.append(json.loads(Body))


class SearchedPipeline(Pipeline):
    """The pipeline, with the indexer as a second consumer of the table's stream."""

    search: OpenSearch

    def __init__(self, *, shards: int, halves_on_first: bool) -> None:
        self.s3 = S3()
        super().__init__(shards=shards, halves_on_first=halves_on_first)
        self.searched = Stream(self.clock, shards)
        self.indexer = StreamMapping(
            self.clock,
            self.searched,
            event_source("search_indexer", "OrdersTable"),
            self._function("search_indexer"),
            halves_on_first=halves_on_first,
        )

    @property
    def clients(self) -> dict[str, Any]:
        return super().clients | {"s3": self.s3}

    @property
    def found(self) -> set[str]:
        """The orderIDs of the indexed orders."""
        return {key.removeprefix("order:") for key in self.search.documents()}

    def index(self, times: int = 1000) -> int:
        """Let the indexer process batches, up to `times`. Returns the number of batches."""
        return sum(self.indexer.poll(0) for _ in range(times))

    def _change(self, name: str, item: dict[str, Any]) -> None:
        super()._change(name, item)
        self.searched.add(name, item)


@contextmanager
def searched_pipeline(*, halves_on_first: bool = True) -> Iterator[SearchedPipeline]:
    """Run a pipeline that the functions' clients use."""
    with (
        served() as (engine, url),
        pytest.MonkeyPatch.context() as patch,
        connected(SearchedPipeline(shards=1, halves_on_first=halves_on_first)) as simulated,
    ):
        patch.setenv("SEARCH_URL", url)
        simulated.search = engine
        yield simulated
