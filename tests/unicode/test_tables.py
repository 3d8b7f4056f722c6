"""The tables of pre_sign_up are those of ICU. With TABLES=write, a test run writes them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator

import pytest

from common import user_names
from project.template import ROOT
from tests.unicode.conftest import Icu

pytestmark = pytest.mark.xdist_group("unicode")

FOLDER = ROOT / "src" / "pre_sign_up"


def test_icu_and_python_are_of_the_same_unicode_version(icu: Icu) -> None:
    assert icu.unicode_version().removesuffix(".0") == unicodedata.unidata_version


def test_the_table_of_confusable_characters_is_that_of_icu(icu: Icu) -> None:
    """fault 59"""
    assert written("confusables.txt", icu.table("confusables"))


def test_the_table_of_scripts_is_that_of_icu(icu: Icu) -> None:
    """fault 59"""
    assert written("scripts.txt", ranges(icu.table("scripts")))


def test_names_with_characters_that_are_not_drawn_are_refused(icu: Icu) -> None:
    """fault 59"""
    ignorable = [chr(int(line.removesuffix(";"), 16)) for line in icu.table("ignorables")]

    refusals = {user_names.flaw(user_names.normalized(f"ada{each}ada")) for each in ignorable}

    assert len(ignorable) > 200
    assert refusals == {user_names.INVISIBLE}


def written(file: str, lines: Iterable[str]) -> bool:
    """Whether a table has these lines, after it is written if that is asked for."""
    heading = (
        f"# From ICU4J, of Unicode {unicodedata.unidata_version}. See docs/licenses/unicode.txt"
    )
    text = "\n".join((heading, *lines, ""))
    if os.environ.get("TABLES") == "write":
        (FOLDER / file).write_text(text)
    return (FOLDER / file).read_text() == text


def ranges(lines: Iterable[str]) -> Iterator[str]:
    """`0061..007A;Latn` for adjacent characters of the same scripts, but those of all scripts."""
    first, last, scripts = "", "", ""
    for line in [*lines, ";"]:
        character, found = line.split(";")
        if found != scripts:
            if scripts not in ("", "Zyyy", "Zinh"):
                yield f"{first}..{last};{scripts}"
            first, scripts = character, found
        last = character
