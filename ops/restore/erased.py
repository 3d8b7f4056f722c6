"""Users who were erased after the time of a backup: they are erased again after a restore."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from common.erasures import LATEST_ARRIVAL_SECONDS, Erasure
from ops.erase import erasures_of, follow
from ops.restore.tables import scan
from ops.stack import DeployedStack


class TooOld(Exception):
    """The stack does not know any more who was erased since that time."""


def check_age(at: datetime | None) -> None:
    """Raise TooOld for a time before the oldest erasure that a stack remembers."""
    oldest = datetime.fromtimestamp(time.time() - LATEST_ARRIVAL_SECONDS, UTC)
    if at is not None and at < oldest:
        days = LATEST_ARRIVAL_SECONDS // (24 * 3600)
        raise TooOld(
            f"the time must be within the last {days} days: of earlier erasures, the stack does "
            "not know any more whom they concerned"
        )


def erasures_since(source: DeployedStack) -> list[Erasure]:
    """Return all erasures that a stack knows today, also those from before the backup.

    An erasure is a job of 23 days, so one that began before the backup has not ended either.
    """
    table = source.resources("AWS::DynamoDB::Table")["ErasuresTable"]
    found = map(Erasure.from_item, scan(source.client("dynamodb"), table))
    return sorted(found, key=lambda erasure: erasure.requestedAt)


def erase_again(target: DeployedStack, erased: list[Erasure]) -> None:
    """Erase the users in the new stack, and wait until the first sweep of each is through.

    They have no account there, so they keep their old ids.
    """
    erasures = erasures_of(target)
    for each in erased:
        erasures.start(each.sub, each.username, each.email)
        follow(erasures, each.sub)
