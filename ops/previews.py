"""Delete the stacks of closed pull requests: `make previews OPEN="12 15"`.

The workflow that closes a pull request deletes its stack. This finds those that were left, for
example after a failure.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.destroy.command import main as destroy
from ops.stack import StackNotFound, settings

type Destroy = Callable[[Sequence[str]], int]

_GONE = {"DELETE_COMPLETE", "DELETE_IN_PROGRESS"}


def main(argv: Sequence[str] | None = None, session: Any = None, delete: Destroy = destroy) -> int:
    """Return the exit status. 0: no stack of a closed pull request is left."""
    arguments = _parse(argv)
    try:
        cloudformation = (session or boto3.Session(arguments.region)).client("cloudformation")
        names = list(left(cloudformation, settings("preview")["stack_name"], arguments.open))
    except (StackNotFound, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    if not names:
        print("no stack of a closed pull request is left")
    region = ["--region", cloudformation.meta.region_name]
    # Each of them is tried, even if another one cannot be deleted.
    return max([delete(["--stack", name, *region, "--confirm", name]) for name in names], default=0)


def left(cloudformation: Any, prefix: str, pull_requests: Collection[int]) -> Iterator[str]:
    """Yield the names of stacks of pull requests that are not among the open ones."""
    of_a_pull_request = re.compile(rf"{re.escape(prefix)}-([0-9]+)")
    for page in cloudformation.get_paginator("list_stacks").paginate():
        for stack in page["StackSummaries"]:
            found = of_a_pull_request.fullmatch(stack["StackName"])
            if found and stack["StackStatus"] not in _GONE and int(found[1]) not in pull_requests:
                yield stack["StackName"]


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make previews",
        description="Delete the stacks of pull requests that are not open any more.",
    )
    add = parser.add_argument
    add("open", type=int, nargs="*", help="the numbers of the open pull requests")
    add("--region", help="the region of the stacks; default: from your AWS configuration")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
