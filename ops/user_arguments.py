"""The arguments of `make user`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ops.arguments import stack_parser

_EXAMPLES = """
  make user NAME=ann                     generate a password and print it once
  make user NAME=ann TEMPORARY=1         the user must change it at the first sign-in
  make user NAME=ann GROUP=staff         the user may read every order
  make user NAME=ann ARGS=--stdin        read the password from the terminal or a pipe
  make user NAME=ann ARGS=--sign-out     end the user's sessions and live connections
  make user NAME=ann ARGS=--disable      the same, and refuse to sign the user in
  make user NAME=ann ARGS=--enable       let the user sign in again
  make user NAME=ann ARGS=--delete       delete the user; asks first, or add --yes
  make user NAME=ann ENV=prod            a user in an environment on AWS
"""

_PASSWORD_OPTIONS = ("temporary", "group", "email", "stdin")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments. `action` is None to create a user or set a new password.

    Exits with status 2 if they are not valid.
    """
    parser = stack_parser(
        "user",
        "Create a user, set a new password for an existing one, or do one of the "
        "actions below. Every one of them but --enable ends the sessions of an existing user.",
        _EXAMPLES,
    )
    add = parser.add_argument
    add("name", help="the user name; not an email address")
    add("--temporary", action="store_true", help="must be changed at the first sign-in")
    add("--group", help="customers or staff")
    add("--email", help="a verified address, for sign-in and password reset")
    add("--stdin", action="store_true", help="read the password instead of generating one")
    actions = parser.add_mutually_exclusive_group()
    for name, description in {
        "sign-out": "end all sessions: no token can be refreshed, no live connection stays open",
        "disable": "end all sessions, and refuse to sign the user in",
        "enable": "let a disabled user sign in again",
        "delete": "end all sessions, and delete the user permanently",
    }.items():
        actions.add_argument(
            f"--{name}", action="store_const", dest="action", const=name, help=description
        )
    add("--yes", action="store_true", help="delete without asking")
    arguments = parser.parse_args(argv)
    if arguments.action:
        for option in _PASSWORD_OPTIONS:
            if getattr(arguments, option):
                parser.error(f"--{option} sets a password, so not with --{arguments.action}")
    if arguments.yes and arguments.action != "delete":
        parser.error("--yes is only for --delete")
    return arguments
