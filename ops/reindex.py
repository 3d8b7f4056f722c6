"""Rebuild the search index from the tables, without stopping search or writes: `make reindex`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import Any, NamedTuple

from botocore.config import Config

from ops.arguments import stack_parser
from ops.stack import DeployedStack, find_stack
from ops.stack_command import run_on_stack
from project.template import aliased

# The function times out after a minute. The client waits longer than that and never retries,
# because a retry would run a step while the first request may still be running it.
_LAMBDA_CONFIG = Config(read_timeout=70, retries={"total_max_attempts": 1})

_RETRY_SECONDS = (1, 2, 4, 8, 16)
"""The pauses between the attempts of one step while OpenSearch is unavailable."""

_EXAMPLES = """
  make reindex               rebuild the index of the local stack
  make reindex ENV=prod      rebuild the index of an environment on AWS
"""


class SearchNotDeployed(Exception):
    """The stack was deployed without search."""


class StepFailed(Exception):
    """A step of the rebuild failed. The text says which step, and why."""


class Indexer:
    """The function `search_indexer`, which runs the steps of a rebuild."""

    def __init__(
        self, stack: DeployedStack, retry_seconds: Sequence[float] = _RETRY_SECONDS
    ) -> None:
        aliases = {aliased(i): arn for i, arn in stack.resources("AWS::Lambda::Alias").items()}
        if "SearchIndexerFunction" not in aliases:
            raise SearchNotDeployed("the stack has no search: deploy it with the parameter Search")
        self._name = aliases["SearchIndexerFunction"]
        self._client = stack.client("lambda", config=_LAMBDA_CONFIG)
        self._retry_seconds = retry_seconds

    def run_step(self, step: str, **request: Any) -> Any:
        """Run one step and return its result. Raises StepFailed.

        Every step but the last is retried while OpenSearch is unavailable. `finish` is not,
        because it may have succeeded although it reported an error.
        """
        event = json.dumps({"reindex": step, **request}).encode()
        for pause in (*self._retry_seconds, None):
            answer = self._client.invoke(FunctionName=self._name, Payload=event)
            result = json.loads(answer["Payload"].read())
            if "FunctionError" not in answer:
                return result
            error, text = result.get("errorType"), result.get("errorMessage")
            if error != "Unavailable" or pause is None or step == "finish":
                break
            time.sleep(pause)
        raise StepFailed(f"{step} failed, {error}: {text}")


class _LoadedTable(NamedTuple):
    """The number of rows that were read, and why some could not be indexed, by document key."""

    rows: int
    rejected: dict[str, str]


def main(argv: Sequence[str] | None = None) -> int:
    """Rebuild the index. Returns 0 on success, 1 on a failure, 130 if interrupted."""
    arguments = _parse(argv)
    return run_on_stack(
        arguments,
        find_stack,
        lambda stack: reindex(Indexer(stack)),
        *(SearchNotDeployed, StepFailed),
        interrupted="interrupted; search still uses the previous index",
    )


def reindex(indexer: Indexer) -> int:
    """Fill a new index from all tables in parallel, then replace the previous index with it.

    Returns 0, or 1 if some rows could not be indexed. Raises StepFailed.
    """
    start = time.monotonic()
    begun = indexer.run_step("begin")
    loaded = _load_tables(indexer, begun["rebuild"], begun["tables"])
    index = indexer.run_step("finish", rebuild=begun["rebuild"])["index"]

    rejected = {key: reason for table in loaded for key, reason in table.rejected.items()}
    documents = sum(table.rows for table in loaded) - len(rejected)
    seconds = time.monotonic() - start
    print(f"search now uses {index}: {documents:,} documents, {seconds:.1f} s", flush=True)
    for key, reason in rejected.items():
        print(f"not indexed: {key}  {reason}", file=sys.stderr)
    return 1 if rejected else 0


def _load_tables(indexer: Indexer, rebuild: str, tables: Sequence[str]) -> list[_LoadedTable]:
    stop = Event()

    def load(table: str) -> _LoadedTable:
        rows, rejected, page = 0, dict[str, str](), {"next": None}
        while not stop.is_set():
            page = indexer.run_step("load", rebuild=rebuild, table=table, start=page["next"])
            rows += page["rows"]
            rejected |= page["rejected"]
            if page["next"] is None:
                print(f"{table:<8} {rows:>9,} rows, {len(rejected)} rejected", flush=True)
                break
        return _LoadedTable(rows, rejected)

    with ThreadPoolExecutor(len(tables)) as threads:
        try:
            futures = [threads.submit(load, table) for table in tables]
            return [future.result() for future in as_completed(futures)]
        except BaseException:
            stop.set()  # Otherwise the other threads would read their tables to the end.
            raise


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = stack_parser(
        "reindex",
        "Rebuild the search index from the tables. Search and writes continue.",
        _EXAMPLES,
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
