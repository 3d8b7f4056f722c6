"""Print the logs of the functions: `make logs`."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from functools import partial

from ops.arguments import stack_parser
from ops.logs.groups import LogGroups, UnknownFunction
from ops.logs.lines import LEVELS
from ops.logs.output import print_line
from ops.stack import DeployedStack, find_stack
from ops.stack_command import Find, run_on_stack

_EXAMPLES = """
  make logs                             the last 15 minutes of all functions
  make logs FUNCTION=orders_writer      of one function
  make logs LEVEL=warning               warnings and errors only
  make logs FOLLOW=1                    and what is logged from now on; Ctrl-C ends it
  make logs ENV=dev ARGS="--minutes 90" of an environment on AWS
"""
_LATE_SECONDS = 60  # a line can be stored after later ones
_PAUSE_SECONDS = {True: 1.0, False: 5.0}  # on the emulator; on AWS, which limits the requests


def main(
    argv: Sequence[str] | None = None,
    find: Find = find_stack,
) -> int:
    """Print the lines that the arguments select. Returns the exit status."""
    arguments = _parse(argv)
    work = partial(_print_lines, arguments)
    return run_on_stack(arguments, find, work, UnknownFunction, interrupted="")


def _print_lines(arguments: Namespace, stack: DeployedStack) -> None:
    groups = LogGroups(stack, arguments.functions)
    since = time.time() - arguments.minutes * 60
    while True:
        started = time.time()
        for line in groups.lines(int(since * 1000)):
            if line.has_level(arguments.level):
                print_line(line)
        if not arguments.follow:
            return
        since = max(since, started - _LATE_SECONDS)
        time.sleep(_PAUSE_SECONDS[stack.is_emulated])


def _parse(argv: Sequence[str] | None) -> Namespace:
    parser = stack_parser("logs", "Print the logs of the functions.", _EXAMPLES)
    add = parser.add_argument
    add("functions", nargs="*", metavar="FUNCTION", help="a name in src; default: all functions")
    add("--follow", action="store_true", help="go on with new lines until it is interrupted")
    levels = "the lowest level, for example warning"
    add("--level", type=str.upper, choices=LEVELS, default="DEBUG", help=levels)
    add("--minutes", type=float, default=15, help="how old the first line may be; default: 15")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
