"""`make reindex` reads every page of every table and reports how the rebuild ended."""

from __future__ import annotations

import io
import json
import threading
from collections import defaultdict
from typing import Any, ClassVar

import pytest

from ops.reindex import Indexer, SearchNotDeployed, StepFailed, reindex
from ops.stack import DeployedStack

FUNCTION_NAME = "storefront-SearchIndexerFunction-1A2B"
TABLES = ["order", "image"]

UNAVAILABLE = "search responds with status 503"


class FakeLambda:
    """Answers as `search_indexer` does.

    `pages` is the number of rows on each page of a table, `rejected` the rows of `order` that
    cannot be indexed, and `errors` the error types of a step's next invocations.
    """

    def __init__(self, **pages: list[int]) -> None:
        self.pages = {table: pages.get(table, [0]) for table in TABLES}
        self.rejected: dict[str, str] = {}
        self.errors: defaultdict[str, list[str]] = defaultdict(list)
        self.steps: list[tuple[str, ...]] = []
        self._lock = threading.Lock()

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == FUNCTION_NAME
        event = json.loads(Payload)
        step = event["reindex"]
        with self._lock:
            self.steps.append((step, event["table"]) if "table" in event else (step,))
            if self.errors[step]:
                error = {
                    "errorType": self.errors[step].pop(0),
                    "errorMessage": UNAVAILABLE,
                }
                return {"FunctionError": "Unhandled", "Payload": payload(error)}
        return {"Payload": payload(self._result(event))}

    def _result(self, event: dict[str, Any]) -> dict[str, Any]:
        if event["reindex"] == "begin":
            return {"rebuild": "r1", "tables": TABLES}
        assert event["rebuild"] == "r1"
        if event["reindex"] == "finish":
            return {"index": "storefront.2"}
        page = event["start"] or 0
        pages = self.pages[event["table"]]
        next_page = page + 1 if page + 1 < len(pages) else None
        rejected = self.rejected if event["table"] == "order" and not page else {}
        return {"rows": pages[page], "rejected": rejected, "next": next_page}


def payload(result: dict[str, Any]) -> io.BytesIO:
    return io.BytesIO(json.dumps(result).encode())


class StackWithSearch(DeployedStack):
    functions: ClassVar[dict[str, str]] = {"SearchIndexerFunctionAliaslive": FUNCTION_NAME}

    def resources(self, resource_type: str) -> dict[str, str]:
        assert resource_type == "AWS::Lambda::Alias"
        return self.functions


class StackWithoutSearch(StackWithSearch):
    functions: ClassVar[dict[str, str]] = {}


def indexer(fake: FakeLambda) -> Indexer:
    stack = StackWithSearch("storefront", "a test", lambda *_, **__: fake)
    return Indexer(stack, retry_seconds=(0, 0, 0))


def test_every_page_of_every_table_is_loaded_before_the_rebuild_is_finished(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake = FakeLambda(order=[500, 500, 204], image=[3])

    status = reindex(indexer(fake))

    assert status == 0
    assert (fake.steps[0], fake.steps[-1]) == (("begin",), ("finish",))
    assert sorted(fake.steps[1:-1]) == [("load", "image"), *[("load", "order")] * 3]
    output = capsys.readouterr().out
    assert "order        1,204 rows, 0 rejected\n" in output
    assert "search now uses storefront.2: 1,207 documents" in output


def test_rows_that_cannot_be_indexed_are_named_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake = FakeLambda(order=[10])
    fake.rejected = {"order:7": "mapper_parsing_exception"}

    status = reindex(indexer(fake))

    output, errors = capsys.readouterr()
    assert status == 1
    assert "search now uses storefront.2: 9 documents" in output
    assert errors == "not indexed: order:7  mapper_parsing_exception\n"


def test_a_step_is_retried_while_opensearch_is_unavailable() -> None:
    fake = FakeLambda()
    fake.errors |= {"begin": ["Unavailable"] * 3, "load": ["Unavailable"] * 2}

    status = reindex(indexer(fake))

    assert status == 0


@pytest.mark.parametrize(
    ("step", "errors"),
    [
        pytest.param("begin", ["Unavailable"] * 4, id="begin runs out of retries"),
        pytest.param("load", ["Unavailable"] * 16, id="load runs out of retries"),
        pytest.param("load", ["Conflict"], id="another rebuild has started"),
    ],
)
def test_a_rebuild_stops_at_the_first_step_that_fails(step: str, errors: list[str]) -> None:
    fake = FakeLambda(order=[1] * 1000)
    fake.errors[step] = errors

    with pytest.raises(StepFailed, match=f"{step} failed, {errors[0]}: {UNAVAILABLE}"):
        reindex(indexer(fake))

    assert ("finish",) not in fake.steps
    assert len(fake.steps) < 1000


def test_the_last_step_is_not_retried_because_it_may_have_succeeded() -> None:
    fake = FakeLambda()
    fake.errors["finish"] = ["Unavailable"]

    with pytest.raises(StepFailed, match=f"finish failed, Unavailable: {UNAVAILABLE}"):
        reindex(indexer(fake))

    assert fake.steps.count(("finish",)) == 1


def test_a_stack_without_search_is_refused_with_the_parameter_to_set() -> None:
    stack = StackWithoutSearch("storefront", "a test", lambda *_, **__: FakeLambda())

    with pytest.raises(SearchNotDeployed, match="parameter Search"):
        Indexer(stack)
