"""The user's groups. The pictures of others in them stay, and belong to their owners only."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from common.api.errors import NotFound
from common.erasures import Erasure
from common.groups import groups


def erase(erasure: Erasure, start: Any) -> Any:
    """Delete the user's groups in a page of all groups."""
    found, after = groups().owned_by(erasure.sub, start)
    for group in found:
        with suppress(NotFound):
            groups().remove(group.groupID, erasure.sub)
    return after
