"""What the arguments of all operators' commands have in common."""

from __future__ import annotations

import argparse


def stack_parser(command: str, description: str, examples: str) -> argparse.ArgumentParser:
    """A parser for `make <command>`, which knows the options that choose a stack.

    `examples` are lines for the end of the help.
    """
    parser = argparse.ArgumentParser(
        prog=f"make {command}",
        description=description,
        epilog=f"examples:{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument_group("the stack").add_argument
    add("--stack", help="a stack on AWS; default: the stack of ENV, or the local stack")
    add("--region", help="the region of the stack; default: from your AWS configuration")
    return parser
