"""Restore a stack into a fresh one: `make restore FROM=storefront-prod ENV=…`."""

from __future__ import annotations

import argparse
import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from common.orders import RESTORE
from ops.arguments import stack_parser
from ops.reindex import Indexer, SearchNotDeployed, StepFailed, reindex
from ops.restore.compare import picture_differences, table_differences, user_differences
from ops.restore.erased import TooOld, check_age, erase_again, erasures_since
from ops.restore.identities import Identities
from ops.restore.pictures import copy_pictures
from ops.restore.tables import Copies, TableNotWritten, load, scan
from ops.restore.users import KeptUser, create_users, list_users
from ops.stack import DeployedStack, find_stack
from ops.stack_command import Find, run_on_stack

_EXAMPLES = """
  make restore FROM=storefront-prod ENV=dev             as it is now
  make restore FROM=storefront-prod AT=2026-11-20T08:00:00Z ENV=dev
  make restore FROM=storefront-prod ARGS="--save-users users.json"
                                                        only write its users to a file
  make restore FROM=storefront-prod ENV=dev ARGS="--users users.json"
                                                        the user pool is lost
"""


class TargetInUse(Exception):
    """The new stack has data of its own. The text says what to do."""


class Different(Exception):
    """What was restored is not what the backup has."""


def main(argv: Sequence[str] | None = None, find: Find = find_stack) -> int:
    """Restore a stack. Returns 0 on success, 1 on a failure, 130 if interrupted."""
    arguments = _parse(argv)

    def work(target: DeployedStack) -> None:
        source = find(arguments.source, arguments.source_region)
        users = _users(source, arguments.users)
        if arguments.save_users:
            kept = [user.to_json() for user in users]
            arguments.save_users.touch(mode=0o600)  # names and addresses
            arguments.save_users.write_text(json.dumps(kept, indent=2))
            print(f"{len(kept)} users are in {arguments.save_users}")
            return
        check_age(arguments.at)
        with copies_of(source, arguments.at) as copies:
            restore(copies, source, users, target)

    failures = (TableNotWritten, TargetInUse, TooOld, Different, StepFailed, OSError)
    return run_on_stack(arguments, find, work, *failures)


@contextmanager
def copies_of(source: DeployedStack, at: datetime | None) -> Iterator[Copies]:
    """Copies of the tables of a stack during the context."""
    with _step("copies of the tables"):
        copies = Copies(source, at, f"restored-{secrets.token_hex(4)}")
    try:
        with _step("until they are complete"):
            copies.wait()
        yield copies
    finally:
        copies.delete()


def restore(
    copies: Copies,
    source: DeployedStack,
    users: list[KeptUser],
    target: DeployedStack,
) -> None:
    """Fill a fresh stack, compare it with the backup, and erase again who was erased since.

    It can be repeated after an interruption. Raises TargetInUse, TableNotWritten or Different.
    """
    check_fresh(target)
    with _step(f"{len(users)} users"):
        identities = Identities(create_users(target, users))
    with _step("rows"):
        counts = load(copies, target, identities)
    for table, count in counts.items():
        print(f"    {table:<20} {count:>9,} rows")
    with _step("pictures"):
        files = copy_pictures(source, target)
    print(f"    {files:,} files")
    erased = erasures_since(source)
    differences = [
        *table_differences(copies, target, identities),
        *user_differences(users, target),
        *picture_differences(source, target),
    ]
    if differences:
        raise Different("\n".join(differences))
    print("  the new stack has everything that the backup has", flush=True)
    with _step(f"{len(erased)} users are erased again"):
        erase_again(target, erased)
    try:
        reindex(Indexer(target))
    except SearchNotDeployed:
        print("  without search")


def check_fresh(target: DeployedStack) -> None:
    """Raise TargetInUse if the stack has orders that no restore has written."""
    table = target.resources("AWS::DynamoDB::Table")["OrdersTable"]
    for row in scan(target.client("dynamodb"), table):
        if row.get("lastWrite", {}).get("S") != RESTORE:
            raise TargetInUse(
                f"{target.name} has orders of its own: deploy a fresh stack, and restore into it"
            )


def _users(source: DeployedStack, file: Path | None) -> list[KeptUser]:
    if file is None:
        return list_users(source)
    return [KeptUser.from_json(each) for each in json.loads(file.read_text())]


@contextmanager
def _step(name: str, say: Callable[[str], None] = print) -> Iterator[None]:
    start = time.monotonic()
    yield
    say(f"  {name:<36}{time.monotonic() - start:7.1f} s")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = stack_parser(
        "restore",
        "Restore tables, users, pictures and search of a stack, as they were at a time, into a "
        "fresh stack. Nothing is published, and nobody is told.",
        _EXAMPLES,
    )
    add = parser.add_argument
    add("source", help="FROM, the stack whose data are restored")
    add("--source-region", help="its region; default: from your AWS configuration")
    add("--at", type=_time, help="AT, the time; default: the latest that can be restored")
    add("--users", type=Path, help="a file with the users, if their user pool is lost")
    add("--save-users", type=Path, help="write the users to this file, and restore nothing")
    return parser.parse_args(argv)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
