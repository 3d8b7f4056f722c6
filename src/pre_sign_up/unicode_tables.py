"""The tables of Unicode that this function needs, for characters that a name can contain.

ICU writes them in tests/unicode, so they are of the same Unicode version as Python's own tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def confusables() -> dict[int, str]:
    """What each character is replaced with in a skeleton (UTS 39, confusables.txt)."""
    return {
        int(character, 16): "".join(chr(int(each, 16)) for each in prototype.split())
        for character, prototype in _rows("confusables.txt")
    }


@cache
def scripts() -> list[tuple[int, int, frozenset[str]]]:
    """Ranges of characters, in order, and the scripts in which they are used (UAX 24).

    Characters of all scripts, such as digits and punctuation, are in no range.
    """
    found = []
    for characters, names in _rows("scripts.txt"):
        first, last = characters.split("..")
        found.append((int(first, 16), int(last, 16), frozenset(names.split())))
    return found


def _rows(file: str) -> Iterator[tuple[str, str]]:
    for line in Path(__file__).with_name(file).read_text("ascii").splitlines():
        if not line.startswith("#"):
            left, right = line.split(";")
            yield left, right
