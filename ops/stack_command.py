"""What all operators' commands do: find the stack, say where it is, and report failures."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from ops.stack import DeployedStack, StackNotFound

type Find = Callable[[str | None, str | None], DeployedStack]


def run_on_stack(
    arguments: Namespace,
    find: Find,
    work: Callable[[DeployedStack], int | None],
    *failures: type[Exception],
    interrupted: str = "interrupted",
) -> int:
    """Do the work on the stack that the arguments choose, and return the exit status.

    That is the one of the work, by default 0. It is 1 after an error of AWS or one of the other
    failures, whose text is printed, and 130 after an interrupt.
    """
    expected: tuple[type[Exception], ...] = (StackNotFound, BotoCoreError, ClientError, *failures)
    try:
        stack = find(arguments.stack, arguments.region)
        print(stack.place, flush=True)
        return work(stack) or 0
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader, such as `head`, closed the pipe. Without this redirection Python would
        # print an error when it flushes its output on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except expected as error:
        print(error, file=sys.stderr)
        return 1
