"""Erase a user with everything that is stored about them: `make erase NAME=ann`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from common import user_pool
from common.erasures import Erasure, Erasures
from ops.arguments import stack_parser
from ops.stack import DeployedStack, find_stack
from ops.stack_command import Find, run_on_stack

_PAUSE_SECONDS = 0.5

_EXAMPLES = """
  make erase NAME=ann                 a user of the user pool; asks first
  make erase NAME=ann ARGS=--yes      without asking
  make erase SUB=7d8ca528-4931-…      a user who is not in the user pool (any more);
                                      NAME=ann as well, if you know the former name
  make erase NAME=ann ENV=prod        a user in an environment on AWS
"""


class UserNotFound(Exception):
    """The user pool has no such user. The text says what to do."""


class NotConfirmed(Exception):
    """The operator did not confirm the erasure."""


class OutdatedStack(Exception):
    """The stack was deployed by an earlier version. The text says what to do."""


@dataclass(frozen=True)
class Person:
    """Whom to erase. Name and address are empty for somebody who is not in the user pool."""

    sub: str
    username: str = ""
    email: str = ""


def main(
    argv: Sequence[str] | None = None,
    find: Find = find_stack,
) -> int:
    """Start an erasure, and follow it. Returns 0 on success, 1 on a failure, 130 if interrupted."""
    arguments = _parse(argv)

    def erase(stack: DeployedStack) -> None:
        person = find_person(stack, arguments.name, arguments.sub)
        if not arguments.yes:
            _confirm(person)
        erasures = erasures_of(stack)
        erasures.start(person.sub, person.username, person.email)
        follow(erasures, person.sub)

    interrupted = "interrupted; the erasure continues in the stack"
    failures = (OutdatedStack, UserNotFound, NotConfirmed)
    return run_on_stack(arguments, find, erase, *failures, interrupted=interrupted)


def find_person(stack: DeployedStack, name: str | None, sub: str | None) -> Person:
    """The user with this name, or with this `sub`, in the pool or not. Raises UserNotFound.

    Of a user who is not in the pool any more, `name` is the former name.
    """
    cognito = stack.client("cognito-idp")
    pool = stack.resources("AWS::Cognito::UserPool")["UserPool"]
    found = user_pool.find(cognito, pool, sub or name or "")
    if found is None or (sub and found.userID != sub):
        if sub:
            return Person(sub, name or "")
        raise UserNotFound(f"there is no user {name}; erase a user who was deleted with SUB=")
    user = cognito.admin_get_user(UserPoolId=pool, Username=found.username)
    attributes = {each["Name"]: each.get("Value", "") for each in user["UserAttributes"]}
    return Person(found.userID, found.username, attributes.get("email", ""))


def erasures_of(stack: DeployedStack) -> Erasures:
    """The erasures of a stack. Raises OutdatedStack."""
    tables, queues = (stack.resources(f"AWS::{each}") for each in ("DynamoDB::Table", "SQS::Queue"))
    if "ErasuresTable" not in tables:
        raise OutdatedStack("the stack is too old to erase users: deploy it, then run this again")
    return Erasures(
        tables["ErasuresTable"],
        queues["ErasureQueue"],
        stack.client("dynamodb"),
        stack.client("sqs"),
    )


def follow(erasures: Erasures, sub: str) -> None:
    """Print the steps of the sweep that is running, until it is through."""
    begun, step = erasures.find(sub), ""
    while begun and (erasure := erasures.find(sub)) and erasure.dueAt == begun.dueAt:
        if erasure.step not in ("", step):
            step = erasure.step
            print(f"  {step}", flush=True)
        time.sleep(_PAUSE_SECONDS)
    print(_outcome(erasures.find(sub)), flush=True)


def _outcome(erasure: Erasure | None) -> str:
    if erasure is None:
        return "erased"
    due = time.strftime("%Y-%m-%d %H:%M", time.gmtime(erasure.dueAt))
    return f"erased; what arrives late is erased from {due} UTC on, then once a day"


def _confirm(person: Person) -> None:
    """Raises NotConfirmed."""
    name = person.username or person.sub
    print(f"Type {name} to erase this user and all data of this user: ", end="", flush=True)
    if sys.stdin.readline().rstrip("\n") != name:
        raise NotConfirmed("not confirmed: nothing was erased")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = stack_parser(
        "erase",
        "Erase a user: the account, and everything that is stored about the user.",
        _EXAMPLES,
    )
    add = parser.add_argument
    add("--name", help="NAME, the user name; with SUB, the name that the user had")
    add("--sub", help="SUB, the `sub` of the user's tokens")
    add("--yes", action="store_true", help="erase without asking")
    arguments = parser.parse_args(argv)
    if not (arguments.name or arguments.sub):
        parser.error("NAME or SUB is required")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
