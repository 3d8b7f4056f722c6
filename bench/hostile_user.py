"""A hostile user, who sends floods, and requests that must not cost the others anything.

Each function sends one request, or a few that belong together, and returns the statuses.
"""

from __future__ import annotations

import base64
import itertools
import json
import struct
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http import HTTPStatus

from bench import steady_clients
from local.api_user import ApiUser, upload
from local.emulator_clients import Outputs

type Attack = Callable[[ApiUser], list[int]]

CLIENTS = 4
REQUESTS_PER_SECOND = 10
"""More would measure how the processes of the stack share the machine."""

OTHER_USER = "buyer"
_NAME = "hostile"
_USED_ORDER = str(uuid.uuid4())

# Bodies that are JSON, and pass a check of their fields alone.
_UNSTORABLE = itertools.cycle(
    [
        b'{"item": "gloves", "quantity": 1e300}',
        b'{"item": "gloves", "quantity": 1e400}',
        b'{"item": "gloves", "quantity": ' + b"9" * 60 + b"}",
        b'{"item": "gloves", "note": "\\ud800"}',
        b'{"item": "gloves", "note": "\\u0000"}',
        b'{"item": "gloves", "item": "masks"}',
        b"[" * 100_000,
    ]
)

# Every route that takes a page token.
_LISTS = itertools.cycle(["/orders", "/images", "/groups", "/messages"])
_TOKENS = itertools.cycle(
    [
        "AAAA",
        base64.urlsafe_b64encode(json.dumps(["2026-01-01", {"S": []}]).encode()).decode(),
        base64.urlsafe_b64encode(json.dumps([None, 1e308]).encode()).decode(),
        "x" * 4000,
    ]
)


def rush(user: ApiUser) -> list[int]:
    """Place valid orders."""
    return [user.request("POST", "/orders", {"item": "gloves"}).status]


def same_order_id(user: ApiUser) -> list[int]:
    """Place another order under an ID that is used."""
    order = {"item": f"gloves {uuid.uuid4()}"}
    return [user.request("PUT", f"/orders/{_USED_ORDER}", order).status]


def unstorable_orders(user: ApiUser) -> list[int]:
    """Place what no database can store."""
    return [user.request("POST", "/orders", next(_UNSTORABLE)).status]


def made_up_page_tokens(user: ApiUser) -> list[int]:
    """Read a page that starts where no list has one."""
    path = f"{next(_LISTS)}?next={next(_TOKENS)}"
    return [user.request("GET", path).status]


def huge_metadata(user: ApiUser) -> list[int]:
    """Upload a small picture whose metadata are megabytes when they are decompressed."""
    offered = user.request("POST", "/images", {"contentType": "image/png", "title": "t" * 200})
    if offered.status != HTTPStatus.CREATED:
        return [offered.status]
    return [offered.status, upload(offered.body["upload"], _PICTURE)]


def messages(user: ApiUser) -> list[int]:
    """Send long messages to the other user."""
    return [user.request("POST", "/messages", {"to": OTHER_USER, "text": "spam " * 400}).status]


def groups(user: ApiUser) -> list[int]:
    """Make groups."""
    return [user.request("POST", "/groups", {"name": "g" * 100}).status]


def live_tickets(user: ApiUser) -> list[int]:
    """Request tickets for connections."""
    return [user.request("POST", "/live").status]


def wrong_passwords(user: ApiUser) -> list[int]:
    """Guess the own password."""
    guess = {"username": _NAME, "password": "Wrong-password-1"}
    return [user.request("POST", "/users/login", guess).status]


def preflights_with_bodies(user: ApiUser) -> list[int]:
    """Send a preflight with a body of a type that no route takes."""
    headers = {"Origin": "https://example.com", "Content-Type": "text/plain"}
    return [user.request("OPTIONS", "/orders", b"x" * 100, headers).status]


ATTACKS: dict[str, Attack] = {
    "valid orders": rush,
    "other orders under a used ID": same_order_id,
    "orders that cannot be stored": unstorable_orders,
    "made-up page tokens": made_up_page_tokens,
    "pictures with huge metadata": huge_metadata,
    "messages": messages,
    "groups": groups,
    "tickets for live events": live_tickets,
    "wrong passwords": wrong_passwords,
    "preflights with bodies": preflights_with_bodies,
}


class HostileUser:
    """The hostile user. `statuses` counts the answers to each kind of request."""

    def __init__(self, outputs: Outputs) -> None:
        self._user = ApiUser.sign_in(outputs, _NAME)
        self.statuses: dict[str, Counter[int]] = {name: Counter() for name in ATTACKS}

    def sending(self) -> AbstractContextManager[None]:
        """Send requests during the context."""
        firsts = (number * len(ATTACKS) // CLIENTS for number in range(CLIENTS))
        return steady_clients.sending(list(map(self._requests, firsts)), REQUESTS_PER_SECOND)

    def _requests(self, first: int) -> Iterator[None]:
        """Be one client, which starts with another kind of request than the others."""
        kinds = itertools.cycle(ATTACKS.items())
        for name, attack in itertools.islice(kinds, first, None):
            for status in attack(self._user):
                self.statuses[name][status] += 1
            yield


def _png(*chunks: tuple[bytes, bytes]) -> Iterator[bytes]:
    yield b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        yield struct.pack(">I", len(data)) + kind + data
        yield struct.pack(">I", zlib.crc32(kind + data))


# One pixel, and 40 texts of 1 MB each: 40 KB as a file.
_PICTURE = b"".join(
    _png(
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        *(
            (b"zTXt", b"Comment%d\0\0" % number + zlib.compress(b"x" * 1_000_000))
            for number in range(40)
        ),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
)
