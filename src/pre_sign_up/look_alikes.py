"""Names that look alike, and names whose letters are of several writing systems (UTS 39)."""

from __future__ import annotations

import hashlib
import unicodedata
from bisect import bisect

from unicode_tables import confusables, scripts

from common import user_names

# Writing systems of several scripts (UTS 39, section 5.1): the scripts of each.
_OF_SEVERAL_SCRIPTS = {
    "Hanb": {"Hani", "Bopo"},
    "Jpan": {"Hani", "Hira", "Kana"},
    "Kore": {"Hani", "Hang"},
}


def look_alike_key(name: str) -> str:
    """A key that names which look alike have in common, also names that differ only in case.

    Names that are shown in upper case are confusable in other ways than those in lower case. So
    the skeleton is that of the name as it is shown, and only then in lower case. It is hashed,
    because some have more bytes than a key of DynamoDB can have.
    """
    key = skeleton(skeleton(user_names.normalized(name)).lower())
    return hashlib.sha256(key.encode()).hexdigest()


def is_of_one_writing_system(name: str) -> bool:
    """Whether a name is of one script, or of scripts that are commonly written together.

    This is the level "highly restrictive" of UTS 39, section 5.2.
    """
    used = list(filter(None, (_writing_systems(ord(each)) for each in name)))
    besides_latin = [systems for systems in used if "Latn" not in systems]
    return (
        not used or bool(_common(used)) or bool(_common(besides_latin) & _OF_SEVERAL_SCRIPTS.keys())
    )


def skeleton(text: str) -> str:
    """The skeleton of UTS 39, section 4. Texts that look alike have the same one."""
    replaced = unicodedata.normalize("NFD", text).translate(confusables())
    return unicodedata.normalize("NFD", replaced)


def _writing_systems(character: int) -> frozenset[str]:
    """The writing systems that use a character. Empty if all of them do."""
    ranges = scripts()
    place = bisect(ranges, character, key=lambda each: each[0]) - 1
    if place < 0 or character > ranges[place][1]:
        return frozenset()
    found = ranges[place][2]
    return found | {system for system, parts in _OF_SEVERAL_SCRIPTS.items() if parts & found}


def _common(sets: list[frozenset[str]]) -> frozenset[str]:
    return frozenset.intersection(*sets)
