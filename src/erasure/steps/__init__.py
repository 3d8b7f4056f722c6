"""The stores that can contain something of a user, in the order in which they are erased.

A step does one page of its work, and returns the position where it continues, which is a value for
JSON, or None when it is done. It may be stopped anywhere and repeated.
"""

from collections.abc import Callable
from typing import Any

from common.erasures import Erasure
from steps import (
    dead_letters,
    exports,
    failed_events,
    groups,
    idempotency,
    images,
    messages,
    orders,
    search,
    sessions,
    user_names,
    user_pool,
)

type Step = Callable[[Erasure, Any], Any]

STEPS: dict[str, Step] = {
    # First, so that the user does nothing more: the sessions, tickets and live connections.
    "sessions": sessions.erase,
    # Before what they are copies of, so that no new one is complete.
    "exports": exports.erase,
    # Before the images, because an upload belongs to the owner of its image.
    "dead_letters": dead_letters.erase,
    "failed_events": failed_events.erase,
    "orders": orders.erase,
    "groups": groups.erase,
    "images": images.erase,
    "messages": messages.erase,
    # After what the answers of requests are about.
    "idempotency": idempotency.erase,
    "search": search.erase,
    # Last, because nobody can have the name as long as the user exists.
    "user_pool": user_pool.erase,
    "user_names": user_names.erase,
}
