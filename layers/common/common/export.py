"""One export: the copy of a user's data as ZIP files. Its row, and the S3 keys of its files.

Each user has at most one row, `export#<sub>` in the idempotency table. It is a job that can be
stopped at any time, because it says where the next ZIP begins. The ZIPs are in a bucket of their
own, under `exports/<sub>/`. A day after the start, the row expires, and the bucket deletes the ZIPs
soon after that.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self
from urllib.parse import quote

from common.dynamodb import items

KEPT_SECONDS = 24 * 3600
"""How long an export is offered. The bucket keeps objects for at least as long."""

FRESH_SECONDS = 3600
"""How old an export must be before its user can start another one."""

STALLED_SECONDS = 3600
"""How long a job can go without progress until another one may replace it.

Five attempts, each of which SQS hides for six minutes, end in half an hour.
"""

_NUMBERS = ("startedAt", "changedAt", "expiration")


class Status(StrEnum):
    PREPARING = "PREPARING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Part:
    """One ZIP: its key in the bucket, and its size in bytes."""

    key: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export. Times are in epoch seconds; `changedAt` is that of the latest progress.

    `caller` is what the token says about the user who asked, empty if an operator did. `position`
    is where the next part begins, None for the first one.
    """

    userID: str
    exportID: str
    startedAt: int
    changedAt: int
    expiration: int
    status: Status = Status.PREPARING
    caller: dict[str, Any]
    parts: tuple[Part, ...] = ()
    position: dict[str, Any] | None = None
    reason: str = ""

    @classmethod
    def new(cls, user_id: str, caller: Mapping[str, Any]) -> Self:
        now = int(time.time())
        return cls(
            userID=user_id,
            exportID=str(uuid.uuid4()),
            startedAt=now,
            changedAt=now,
            expiration=now + KEPT_SECONDS,
            caller=dict(caller),
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        fields = items.deserialize(item, cls.__slots__)
        numbers = {name: int(fields[name]) for name in _NUMBERS}
        parts = tuple(Part(each["key"], int(each["size"])) for each in fields["parts"])
        return cls(**fields | numbers | {"parts": parts, "status": Status(fields["status"])})

    def to_item(self) -> dict[str, Any]:
        return row_key(self.userID) | items.serialize(asdict(self))

    def new_key(self) -> str:
        """The key of a new object. Every attempt has its own, so none replaces a complete ZIP."""
        return f"{prefix(self.userID)}{uuid.uuid4()}.zip"

    def file_name(self, index: int) -> str:
        """The name under which a ZIP is saved: `storefront-2026-11-28-1-of-3.zip`."""
        day = datetime.fromtimestamp(self.startedAt, UTC).date()
        number = f"-{index + 1}-of-{len(self.parts)}" if len(self.parts) > 1 else ""
        return f"storefront-{day}{number}.zip"

    def may_be_replaced(self, *, fresh: bool) -> bool:
        """Whether a request may start another export, which it asks for if `fresh`."""
        match self.status:
            case Status.PREPARING:
                return self.changedAt + STALLED_SECONDS <= time.time()
            case Status.READY:
                return fresh and self.startedAt + FRESH_SECONDS <= time.time()
        return fresh


def prefix(user_id: str) -> str:
    """The prefix of the keys of a user's ZIPs.

    An ID is encoded, because another issuer may use `/` in it: otherwise the keys of `a` and of
    `a/b` would have the same beginning.
    """
    return f"exports/{quote(user_id, safe='')}/"


def row_key(user_id: str) -> dict[str, Any]:
    """The key of a user's row."""
    return {"id": {"S": f"export#{user_id}"}}
