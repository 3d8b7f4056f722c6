"""Make the search index anew from the tables, while search and writes go on: `make reindex`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.stack import NoStack, Stack, find_stack

# The function itself ends within a minute. A step that may be under way is not asked for again.
_PATIENT = Config(read_timeout=70, retries={"total_max_attempts": 1})

_PAUSES = (1, 2, 4, 8, 16)  # seconds, before a step is asked for again while OpenSearch is away

_EXAMPLES = """
  make reindex               the local stack's
  make reindex ENV=prod      that of an environment on AWS
"""


class NoSearch(Exception):
    """The stack has no search."""


class StepFailed(Exception):
    """The function did not do a step; the text says which, and why."""


class Indexer:
    """The function that does the steps."""

    def __init__(self, stack: Stack, pauses: Sequence[float] = _PAUSES) -> None:
        functions = stack.resources("AWS::Lambda::Function")
        if "SearchIndexerFunction" not in functions:
            raise NoSearch("the stack has no search: deploy it with the parameter Search first")
        self._name = functions["SearchIndexerFunction"]
        self._client = stack.client("lambda", config=_PATIENT)
        self._pauses = pauses

    def ask(self, step: str, **request: Any) -> Any:
        """Have a step done, and answer what it says. Raises StepFailed."""
        event = json.dumps({"reindex": step, **request}).encode()
        for pause in (*self._pauses, None):
            answer = self._client.invoke(FunctionName=self._name, Payload=event)
            result = json.loads(answer["Payload"].read())
            if "FunctionError" not in answer:
                return result
            error, text = result.get("errorType"), result.get("errorMessage")
            if error != "Unavailable" or pause is None or step == "finish":
                break
            time.sleep(pause)
        raise StepFailed(f"{step} failed, {error}: {text}")


def main(argv: Sequence[str] | None = None) -> int:
    """Rebuild. 0: done; 1: not, or some rows could not be indexed; 130: interrupted."""
    arguments = _parse(argv)
    try:
        stack = find_stack(arguments.stack, arguments.region)
        indexer = Indexer(stack)
        print(stack.place, flush=True)
        return reindex(indexer)
    except KeyboardInterrupt:
        print("interrupted; search goes on with the index that it had", file=sys.stderr)
        return 130
    except (NoStack, NoSearch, StepFailed, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1


def reindex(indexer: Indexer) -> int:
    """Fill a new index from all tables at once, and let it take the old one's place."""
    start, stop = time.monotonic(), Event()
    begun = indexer.ask("begin")
    rebuild = begun["rebuild"]

    def load(table: str) -> tuple[int, dict[str, str]]:
        rows, rejected, page = 0, dict[str, str](), {"next": None}
        while not stop.is_set():
            page = indexer.ask("load", rebuild=rebuild, table=table, start=page["next"])
            rows += page["rows"]
            rejected |= page["rejected"]
            if page["next"] is None:
                print(f"{table:<8} {rows:>9,} rows, {len(rejected)} rejected", flush=True)
                break
        return rows, rejected

    with ThreadPoolExecutor(len(begun["tables"])) as threads:
        try:
            tables = [threads.submit(load, table) for table in begun["tables"]]
            loaded = [table.result() for table in as_completed(tables)]
        except BaseException:
            stop.set()  # of the others, which would go on to their tables' ends
            raise
    index = indexer.ask("finish", rebuild=rebuild)["index"]

    rejected = {key: why for _, each in loaded for key, why in each.items()}
    documents = sum(rows for rows, _ in loaded) - len(rejected)
    seconds = time.monotonic() - start
    print(f"{index} serves search: {documents:,} documents, {seconds:.1f} s", flush=True)
    for key, why in rejected.items():
        print(f"not in it: {key}  {why}", file=sys.stderr)
    return 1 if rejected else 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make reindex",
        description=__doc__,
        epilog=f"examples:{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stack", help="a stack on AWS; without it ENV's, else the local one")
    parser.add_argument("--region", help="its region, else that of your AWS configuration")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
