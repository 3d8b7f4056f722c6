"""The limit of live connections that one user has at the same time."""

from __future__ import annotations

import time
from itertools import islice

from common import aws
from common.api.errors import TooManyRequests
from common.connections import connections


def check(user_id: str, added: int = 0) -> None:
    """Raise TooManyRequests if a user's connections, with those `added`, exceed the limit.

    Connections count as long as they are leased. The user can retry when the first lease ends,
    unless its client renews it.
    """
    limit = int(aws.env("LIVE_CONNECTIONS"))
    found = list(islice(connections().of_user(user_id), limit + 1))
    if len(found) + added > limit:
        first_end = min(each.expiration for each in found)
        raise TooManyRequests(
            "too many live connections", retry_after=max(1, first_end - int(time.time()))
        )
