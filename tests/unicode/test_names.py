"""The rules of names, compared with ICU's SpoofChecker over many names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common import user_names
from project import functions
from tests.unicode.conftest import Icu

pytestmark = pytest.mark.xdist_group("unicode")

look_alikes = functions.module("pre_sign_up", "look_alikes")

many = settings(max_examples=500, deadline=None)

# Characters of one or two blocks, so that many names are of one script, or nearly so.
characters = st.one_of(
    *(
        st.characters(min_codepoint=first, max_codepoint=last, exclude_categories=["C", "Z"])
        for first, last in [
            *((0x21, 0x7E), (0xA1, 0x24F), (0x250, 0x36F), (0x370, 0x3FF), (0x400, 0x52F)),
            *((0x530, 0x8FF), (0x900, 0xDFF), (0xE00, 0x11FF), (0x1200, 0x1CFF), (0x1E00, 0x1FFF)),
            *((0x2000, 0x2E7F), (0x3000, 0x30FF), (0x3100, 0x33FF), (0x4E00, 0x4FFF)),
            *((0xA000, 0xABFF), (0xAC00, 0xACFF), (0xF900, 0xFFEF), (0x10000, 0x1FFFF)),
        ]
    )
)
names = st.lists(characters, min_size=1, max_size=6).map("".join).map(user_names.normalized)
LATIN_AND_JAPANESE, LATIN_AND_CYRILLIC = "ada\u3042", "p\u0430ypal"


@many
@given(name=names)
@example("Ian").via("confusable with l")
@example(LATIN_AND_CYRILLIC).via("the example of UTS 39")
def test_a_skeleton_is_that_of_icu(icu: Icu, name: str) -> None:
    """fault 59"""
    assert look_alikes.skeleton(name) == icu.judge(name).skeleton


@many
@given(name=names)
@example(LATIN_AND_JAPANESE).via("a writing system of several scripts")
@example(LATIN_AND_CYRILLIC).via("the example of UTS 39")
def test_names_of_one_writing_system_are_those_that_icu_calls_highly_restrictive(
    icu: Icu, name: str
) -> None:
    """fault 59"""
    judged = icu.judge(name).is_highly_restrictive

    assert look_alikes.is_of_one_writing_system(name) == judged


# ICU takes the categories from the JDK here, which may be of an older version of Unicode.
marks = st.text(st.characters(max_codepoint=0x6FF, categories=["Mn"]), max_size=4)


@many
@given(name=st.tuples(characters, marks).map("".join))
def test_names_that_repeat_a_mark_are_those_in_which_icu_finds_an_invisible_one(
    icu: Icu, name: str
) -> None:
    """fault 59"""
    name = user_names.normalized(name)
    refusal = user_names.flaw(name)

    if refusal != user_names.INVISIBLE and unicodedata.category(name[0])[0] != "M":
        assert (refusal == user_names.MARK) != icu.judge(name).repeats_no_mark
