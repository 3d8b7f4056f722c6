"""The OpenSearch of the local stack: a real one, which stops with the stack."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.api_user import request
from local.emulator_clients import Outputs, client
from local.opensearch import search_engine
from local.stack.local_stack import LocalStack
from local.stack.processes import Process

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("queries OpenSearch directly"),
]


@pytest.fixture
def index(engine: str) -> Iterator[str]:
    """The URL of a new index."""
    url = f"{engine}/gloves-{uuid.uuid4()}"
    yield url
    request("DELETE", url)


@pytest.fixture
def process(stack: LocalStack, engine: str) -> Process:
    """The engine's process, if the stack has started it."""
    if search_engine.given():
        pytest.skip("OPENSEARCH_ENDPOINT names an engine that the stack does not start")
    return started(stack)


def started(stack: LocalStack) -> Process:
    state = json.loads((stack.directory / "stack.json").read_text())["engine"]
    return Process(state["pid"], state["command"])


def test_a_document_is_found_despite_accents_and_typos(index: str) -> None:
    folding = {"tokenizer": "standard", "filter": ["lowercase", "asciifolding"]}
    request(
        "PUT",
        index,
        {
            "settings": {"analysis": {"analyzer": {"folding": folding}}},
            "mappings": {"properties": {"text": {"type": "text", "analyzer": "folding"}}},
        },
    )
    request("PUT", f"{index}/_doc/1?refresh=true", {"text": "Gants en latex, taille étroite"})

    query = {"match": {"text": {"query": "ETROITTE", "fuzziness": "AUTO"}}}
    response = request("POST", f"{index}/_search", {"query": query})

    assert [hit["_id"] for hit in response.body["hits"]["hits"]] == ["1"]


def test_the_deployed_domain_has_the_engines_endpoint(outputs: Outputs, process: Process) -> None:
    opensearch = client("opensearch", outputs)

    [domain] = opensearch.list_domain_names()["DomainNames"]
    status = opensearch.describe_domain(DomainName=domain["DomainName"])["DomainStatus"]

    assert status["Endpoint"] == urlsplit(outputs["OpenSearchUrl"]).netloc


def test_the_engine_listens_on_loopback_only(engine: str, process: Process) -> None:
    [node] = request("GET", f"{engine}/_nodes/_local/http,transport").body["nodes"].values()
    bound = [*node["http"]["bound_address"], *node["transport"]["bound_address"]]

    assert {address.rpartition(":")[0] for address in bound} == {"127.0.0.1"}


def test_up_restarts_a_dead_engine_with_its_data(
    stack: LocalStack, index: str, process: Process
) -> None:
    request("PUT", f"{index}/_doc/1", {"text": "latex gloves"})
    process.stop()

    outputs = LocalStack(stack.directory).up()

    assert stack.is_running("engine")
    assert outputs == stack.outputs()
    assert request("GET", f"{index}/_doc/1").body["found"]


def test_an_interrupted_start_leaves_no_engine(process: Process, tmp_path: Path) -> None:
    processes: list[Process] = []

    def interrupt(_: str) -> None:
        processes.append(started(starting))
        raise KeyboardInterrupt

    starting = LocalStack(tmp_path, port=0, gateway_port=0, search=True, say=interrupt)
    with pytest.raises(KeyboardInterrupt):
        starting.up()

    [engine] = processes
    assert not engine.is_running
    assert {path.name for path in tmp_path.iterdir()} == {"emulator.log", "engine.log"}
