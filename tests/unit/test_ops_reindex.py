"""`make reindex`: every page of every table, and the truth about how it went."""

from __future__ import annotations

import io
import json
import threading
from collections import defaultdict
from typing import Any, ClassVar

import pytest

from ops import reindex
from ops.reindex import Indexer, NoSearch, StepFailed
from ops.stack import Stack

TABLES = ["order", "image", "group", "message"]


class Function:
    """A fake Lambda with the indexer in it: pages of so many rows, and faults in its answers."""

    def __init__(self, **pages: list[int]) -> None:
        self.pages = {table: pages.get(table, [0]) for table in TABLES}
        self.rejected: dict[str, str] = {}
        self.faults: defaultdict[str, list[str]] = defaultdict(list)
        """The error types that a step's next requests end in."""
        self.asked: list[tuple[str, ...]] = []
        self._lock = threading.Lock()

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "storefront-SearchIndexerFunction-1A2B"
        event = json.loads(Payload)
        step = event["reindex"]
        with self._lock:
            self.asked.append((step, event["table"]) if "table" in event else (step,))
            if self.faults[step]:
                fault = {
                    "errorType": self.faults[step].pop(0),
                    "errorMessage": "search responds with status 503",
                }
                return {"FunctionError": "Unhandled", "Payload": payload(fault)}
        return {"Payload": payload(self._answer(event))}

    def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        if event["reindex"] == "begin":
            return {"rebuild": "r1", "tables": TABLES}
        assert event["rebuild"] == "r1"
        if event["reindex"] == "finish":
            return {"index": "storefront.2"}
        page = event["start"] or 0
        pages = self.pages[event["table"]]
        following = page + 1 if page + 1 < len(pages) else None
        rejected = self.rejected if event["table"] == "order" and not page else {}
        return {"rows": pages[page], "rejected": rejected, "next": following}


def payload(answer: dict[str, Any]) -> io.BytesIO:
    return io.BytesIO(json.dumps(answer).encode())


class StackOf(Stack):
    """A stack that has these functions."""

    functions: ClassVar[dict[str, str]] = {
        "SearchIndexerFunction": "storefront-SearchIndexerFunction-1A2B"
    }

    def resources(self, kind: str) -> dict[str, str]:
        assert kind == "AWS::Lambda::Function"
        return self.functions


def indexer(function: Function) -> Indexer:
    stack = StackOf("storefront", "Stack storefront", lambda *_, **__: function)
    return Indexer(stack, pauses=(0, 0, 0))


def test_every_page_of_every_table_is_loaded_before_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    function = Function(order=[500, 500, 204], message=[3])

    status = reindex.reindex(indexer(function))

    assert status == 0
    assert (function.asked[0], function.asked[-1]) == (("begin",), ("finish",))
    loads = sorted(function.asked[1:-1])
    assert loads == [
        ("load", "group"),
        ("load", "image"),
        ("load", "message"),
        *[("load", "order")] * 3,
    ]
    out = capsys.readouterr().out
    assert "order        1,204 rows, 0 rejected\n" in out
    assert "storefront.2 serves search: 1,207 documents" in out


def test_rows_that_are_not_in_it_are_named_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    function = Function(order=[10])
    function.rejected = {"order:7": "mapper_parsing_exception"}

    status = reindex.reindex(indexer(function))

    out, err = capsys.readouterr()
    assert status == 1
    assert "serves search: 9 documents" in out
    assert err == "not in it: order:7  mapper_parsing_exception\n"


def test_a_step_is_asked_for_again_while_opensearch_is_away() -> None:
    function = Function()
    function.faults |= {"begin": ["Unavailable"] * 3, "load": ["Unavailable"] * 2}

    assert reindex.reindex(indexer(function)) == 0


@pytest.mark.parametrize(
    ("step", "faults"),
    [
        ("begin", ["Unavailable"] * 4),
        ("load", ["Unavailable"] * 16),
        ("load", ["Conflict"]),
        ("finish", ["Unavailable"]),  # which may be done
    ],
)
def test_a_rebuild_that_cannot_go_on_ends_and_changes_nothing(step: str, faults: list[str]) -> None:
    function = Function(order=[1] * 1000)
    function.faults[step] = faults

    with pytest.raises(
        StepFailed, match=f"{step} failed, {faults[0]}: search responds with status 503"
    ):
        reindex.reindex(indexer(function))

    assert ("finish",) not in function.asked[:-1]
    assert (step == "finish") == (len(function.asked) > 1000)  # else the rest is left alone


def test_a_stack_without_search_says_how_to_get_one() -> None:
    class Bare(StackOf):
        functions: ClassVar[dict[str, str]] = {}

    with pytest.raises(NoSearch, match="parameter Search"):
        Indexer(Bare("storefront", "Stack storefront", lambda *_, **__: Function()))
