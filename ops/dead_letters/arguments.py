"""The arguments of `make dlq`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ops.arguments import stack_parser

SHORT_ID = 8
"""The number of characters of an id that `list` prints and that the commands require."""

_EXAMPLES = """
  make dlq                                           list those of the local stack
  make dlq ENV=prod                                  list those of an environment on AWS
  make dlq ARGS="show 3f2a91c0"                      print one in full, with personal data
  make dlq ARGS="replay --all --dry-run"             say what a replay would do
  make dlq ARGS="replay --error ReceivedTooOften"    replay those with this error
  make dlq ARGS="discard 3f2a91c0"                   delete one that can never succeed
"""


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments. Exits with status 2 if they are not valid."""
    parser = stack_parser(
        "dlq",
        "List, show, replay and discard dead letters.",
        _EXAMPLES,
    )
    add = parser.add_argument
    commands = ["list", "show", "replay", "discard"]
    add("command", nargs="?", default="list", choices=commands, help="default: list")
    add("ids", nargs="*", type=_id, metavar="ID", help=f"an id or order id, {SHORT_ID}+ characters")
    add("--id", action="append", default=[], type=_id, metavar="ID", help="same as ID")
    add("--error", help="select dead letters with this error, for example UnreadableOrder")
    add("--all", action="store_true", help="replay all dead letters")
    add("--dry-run", action="store_true", help="say what would be done; change nothing")
    arguments = parser.parse_intermixed_args(argv)
    arguments.ids += arguments.id
    if arguments.command == "show" and not arguments.ids:
        parser.error("show requires an ID")
    if arguments.command == "replay" and not (arguments.ids or arguments.error or arguments.all):
        parser.error("replay requires an ID, --error or --all")
    if arguments.command == "discard" and not (arguments.ids or arguments.error):
        parser.error("discard requires an ID or --error")
    return arguments


def _id(text: str) -> str:
    if len(text) < SHORT_ID:
        raise argparse.ArgumentTypeError(f"{text!r} has fewer than {SHORT_ID} characters")
    return text.lower()
