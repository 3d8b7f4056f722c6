"""The simulated orders pipeline with an OpenSearch that is down, slow or refuses requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest

from project import functions
from tests.harness.simulator.opensearch import Trouble
from tests.harness.simulator.searched import SearchedPipeline, searched_pipeline

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

HOUR = 3600


@pytest.fixture(params=[True, False], ids=["halves", "checkpoints"])
def simulated(request: pytest.FixtureRequest) -> Iterator[SearchedPipeline]:
    with searched_pipeline(halves_on_first=request.param) as one:
        yield one


def order_id(number: int) -> str:
    return f"{number:08x}-c6af-4cdb-9ab1-3b5c2e0f0000"


def store(simulated: SearchedPipeline, numbers: Iterable[int]) -> None:
    for number in numbers:
        simulated.place(order_id(number), '{"item": "lamp"}')
    while simulated.write():
        pass


@pytest.mark.slow
@pytest.mark.parametrize("trouble", Trouble)
def test_an_outage_of_opensearch_delays_only_search(
    simulated: SearchedPipeline, trouble: Trouble
) -> None:
    """fault 49"""
    simulated.search.trouble = trouble

    store(simulated, range(30))
    simulated.publish()
    for _ in range(200):
        simulated.index(1)
        simulated.wait(100)
    store(simulated, range(30, 40))
    simulated.publish()
    stored, published = len(simulated.stored), len(simulated.topics.events())
    simulated.search.trouble = None
    simulated.index()

    assert (stored, published) == (40, 40)
    assert simulated.found == set(simulated.stored)
    assert (simulated.s3.failed_events, simulated.indexer.destination) == ([], [])


def test_an_order_deleted_during_an_outage_is_not_found_afterwards(
    simulated: SearchedPipeline,
) -> None:
    """fault 49"""
    store(simulated, range(10))
    simulated.search.trouble = Trouble.LOST
    simulated.index(5)
    simulated.table.delete("OrdersTable", order_id(3))
    simulated.index(5)

    simulated.search.trouble = None
    simulated.index()

    assert simulated.found == {order_id(number) for number in range(10)} - {order_id(3)}


def test_only_the_rejected_document_goes_to_the_failure_destination(
    simulated: SearchedPipeline,
) -> None:
    """fault 49"""
    simulated.search.poisonous[f"order:{order_id(7)}"] = (400, "mapper_parsing_exception")
    store(simulated, range(20))

    attempts = simulated.index()

    assert attempts == 1
    assert simulated.found == set(simulated.stored) - {order_id(7)}
    [failed_event] = simulated.s3.failed_events
    [record] = json.loads(failed_event["payload"])["Records"]
    assert record["dynamodb"]["NewImage"] == simulated.stored[order_id(7)]
    assert simulated.indexer.destination == []


def test_a_rejected_document_goes_to_the_failure_destination_once_despite_retries(
    simulated: SearchedPipeline,
) -> None:
    """fault 49"""
    busy, invalid = f"order:{order_id(2)}", f"order:{order_id(4)}"
    simulated.search.poisonous = {
        busy: (429, "rejected_execution_exception"),
        invalid: (400, "mapper_parsing_exception"),
    }
    store(simulated, range(6))
    simulated.index(20)

    del simulated.search.poisonous[busy]
    simulated.index()

    assert simulated.found == set(simulated.stored) - {order_id(4)}
    assert len(simulated.s3.failed_events) == 1


def test_records_that_expire_during_an_outage_can_be_replayed(
    simulated: SearchedPipeline,
) -> None:
    """fault 49. A stream keeps records for 24 hours; Lambda gives up shortly before that."""
    store(simulated, range(5))
    simulated.search.trouble = Trouble.DOWN
    simulated.index(3)
    simulated.wait(23 * HOUR + 1)
    simulated.index()
    simulated.search.trouble = None

    for failed_batch in simulated.indexer.destination:
        event = json.loads(failed_batch["payload"])
        functions.function("search_indexer").handler(event, functions.context())

    assert simulated.found == set(simulated.stored)
