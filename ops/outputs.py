"""Print the outputs of a stack as `Name=value`, for pipelines: `make --silent outputs ENV=dev`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from ops.arguments import stack_parser
from ops.stack import StackNotFound, find_stack

_EXAMPLES = """
  make --silent outputs ENV=dev                 the stack of an environment on AWS
  make --silent outputs ARGS="--stack NAME"     any other stack
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Return the exit status. Nothing but outputs is printed, because a program reads them."""
    arguments: argparse.Namespace = stack_parser("outputs", __doc__, _EXAMPLES).parse_args(argv)
    try:
        outputs = find_stack(arguments.stack, arguments.region).outputs
    except (StackNotFound, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    for name, value in sorted(outputs.items()):
        print(f"{name}={value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
