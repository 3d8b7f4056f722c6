"""Bodies of orders, as clients may write them: valid, damaged and hostile."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from common.dynamodb.items import NUMBER_DIGITS
from common.orders import SCHEMA

_SPACES = st.text(" \t\r\n", max_size=2)
_TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from('"\\/~:,{}'),
    min_size=1,
    max_size=20,
)


@st.composite
def _numbers(draw: st.DrawFn) -> str:
    """A number that an order may have, in one of the ways in which it can be written."""
    digits = draw(st.integers(1, 10 ** draw(st.integers(1, NUMBER_DIGITS)) - 1))
    size = len(str(digits))
    number = Decimal(digits).scaleb(draw(st.integers(-5 - size, 125 - size)))
    quantity: Any = SCHEMA["properties"]["quantity"]  # type: ignore[index]
    lowest, highest = (Decimal(str(quantity[limit])) for limit in ("minimum", "maximum"))
    number = min(max(number, lowest), highest)
    forms = [f"{number:e}", f"{number:E}"]
    plain = f"{number:f}"
    if len(plain.replace(".", "").lstrip("0")) <= NUMBER_DIGITS:
        forms.append(plain)
    return draw(st.sampled_from(forms))


_WRITTEN = st.builds(json.dumps, _TEXTS, ensure_ascii=st.booleans())
_FIELDS = {
    "item": _WRITTEN,
    "customerID": _WRITTEN,
    "note": _WRITTEN | st.just('""'),
    "quantity": _numbers(),
}


@st.composite
def _bodies(draw: st.DrawFn) -> str:
    optional = st.sets(st.sampled_from(["customerID", "note", "quantity"]))
    pairs = []
    for name in draw(st.permutations(["item", *sorted(draw(optional))])):
        before, after, between, last = (draw(_SPACES) for _ in range(4))
        pairs.append(f'{before}"{name}"{after}:{between}{draw(_FIELDS[name])}{last}')
    return f"{draw(_SPACES)}{{{','.join(pairs)}}}{draw(_SPACES)}"


valid = _bodies()
"""Orders by the rules of docs/api.md, with any order of fields, escapes, spaces and numbers."""

_DAMAGE = st.sampled_from(
    [
        *(
            '"',
            "\\",
            "{",
            "}",
            ",",
            ":",
            "1",
            "0",
            ".",
            "e9",
            "-",
            "[",
            "]",
            "\t",
            "\x01",
            "\ufeff",
        ),
        *(r"\ud800", r"\udc00", r"\ud83d\ude00", r"\u0000", r"\\", r"\x", ', "item": 1', "9" * 38),
        *("NaN", "true", "null", '"item": "x", ', '"\\u0069tem": [], ', " 7"),
    ]
)


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    body = draw(_bodies())
    for piece in draw(st.lists(_DAMAGE, min_size=1, max_size=2)):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + piece + body[at:]
    return body


damaged = _damaged()
"""Orders with something wrong at one or two places. Some are still valid."""

_LIMIT = 65_536  # characters, as in the mapping template


def _filled(start: str, piece: str, end: str) -> str:
    return start + piece * ((_LIMIT - len(start) - len(end)) // len(piece)) + end


_HOSTILE = {
    "escapes": _filled('{"item": "', r"\n", '"}'),
    "halves of pairs": _filled('{"item": "', r"\ud800", '"}'),
    "an open escape": _filled('{"item": "', r"\u", ""),
    "fields": _filled("{", '"item":"",', '"item":"x"}'),
    "names": _filled('{"', "item", '": 1}'),
    "numbers": _filled("{", '"quantity":1e1,', '"item":"x"}'),
    "digits": _filled('{"item": "x", "quantity": ', "9", "}"),
    "zeros": _filled('{"item": "x", "quantity": 0.', "0", "1}"),
    "an exponent": _filled('{"item": "x", "quantity": 1e', "1", "}"),
    "quotes": _filled("", '"', ""),
    "names without an end": _filled('{"', '" "a', ""),
    "spaces": _filled('{"item"', " ", ""),
    "line breaks in a text": _filled('{"item": "', "\n", '"}'),
    "brackets": _filled('{"item":', "[", '1, "item": "x"}'),
    "commas": _filled("{", ",", "}"),
    "colons": _filled("{item", ":item", "}"),
}
HOSTILE = list(_HOSTILE.values())
"""The largest orders that the edge looks at, of what makes regular expressions slow or deep."""
HOSTILE_IDS = list(_HOSTILE)
