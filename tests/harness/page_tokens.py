"""Page tokens that a client made by hand."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import strategies as st

ID = "0b8f7c64-7a0f-4f6e-8d5e-6a1d9c2b3e4f"
TIME = "2026-03-01T12:00:00.000Z"

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 0.5, 10**30, 1e308, [], {}, [ID], {"S": ID}, {"N": "1"}, ""),
    *("\0", "\ud800", "~", "😀" * 256, "x" * 1024, "x" * 1025, ID.upper(), "9999", TIME, ID),
)
"""Values of every type of JSON, some of which DynamoDB and OpenSearch refuse in a position."""

_JSON = st.recursive(
    st.sampled_from(ODD_VALUES) | st.text() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def encoded(text: str | bytes) -> str:
    """Return the token of a text."""
    return base64.urlsafe_b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def token(*values: Any) -> str:
    """Return the token of a position with these values."""
    return encoded(json.dumps(values))


def forged() -> st.SearchStrategy[str]:
    """Return arbitrary texts, bytes and JSON as tokens, many of them almost right."""
    positions = st.lists(st.sampled_from(ODD_VALUES) | st.text(), min_size=1, max_size=4)
    return st.one_of(
        st.text(),
        st.binary().map(encoded),
        _JSON.map(json.dumps).map(encoded),
        positions.map(lambda values: token(*values)),
    )


def flipped(sent: str) -> list[str]:
    """Return the tokens that differ from one in a single bit of what it encodes."""
    row = base64.urlsafe_b64decode(sent)
    return [
        encoded(row[:at] + bytes([row[at] ^ (1 << bit)]) + row[at + 1 :])
        for at in range(len(row))
        for bit in range(8)
    ]
