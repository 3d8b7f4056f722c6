"""User names: which ones people can register, and which user a typed name can mean.

The trigger pre_sign_up makes the rule hold for every registration, docs/users.md explains it, and
decision 0077 gives the reasons. Cognito itself ignores the case of names.
"""

from __future__ import annotations

import re
import unicodedata

NOT_NORMALIZED = "username: must be in Unicode normalization form NFKC"
CHARACTER = "username: must have letters, marks, digits, symbols and punctuation only"
INVISIBLE = "username: must not have invisible characters"
MARK = "username: must not begin with a combining mark, or repeat one"
MIXED = "username: must be in one writing system"
TOO_SIMILAR = "username: too similar to an existing name"

REGISTRATION_SECONDS = 60
"""Cognito creates a user within this time after the name is claimed, or not at all.

It calls a trigger three times at most, and waits 5 s for each (Cognito guide, Lambda triggers).
"""

_REFUSALS = (NOT_NORMALIZED, CHARACTER, INVISIBLE, MARK, MIXED, TOO_SIMILAR)

# The first letters of the categories in Cognito's pattern for names
# `[\p{L}\p{M}\p{S}\p{N}\p{P}]+` (Cognito API reference, SignUp).
_CATEGORIES = "LMSNP"

# The characters of these categories that are drawn as nothing: the default ignorable ones
# (Unicode Character Database, DerivedCoreProperties), and the empty Braille cell.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


def normalized(name: str) -> str:
    """The name as registration stores it: in the normalization form NFKC.

    A composed letter equals its parts, and a full-width letter the common one.
    """
    return unicodedata.normalize("NFKC", name)


def spellings(typed: str) -> list[str]:
    """The names that a typed name can mean, in the order in which to try them.

    Usually there is one. A name that an administrator made need not be normalized, so the name
    comes first as it is typed. The list is empty if no user can have the name.
    """
    return [name for name in dict.fromkeys((typed, normalized(typed))) if _is_possible(name)]


def flaw(name: str) -> str | None:
    """The rule that a normalized name breaks, or None. The trigger checks two more rules."""
    if not _is_possible(name):
        return CHARACTER
    if _INVISIBLE.search(name):
        return INVISIBLE
    if unicodedata.category(name[0])[0] == "M" or _repeats_mark(name):
        return MARK
    return None


def refusal_in(text: str) -> str | None:
    """The refusal of pre_sign_up in an error message of Cognito, or None.

    The message is `PreSignUp failed with error <refusal>.` (GitHub issues; AWS documents none).
    """
    return next((refusal for refusal in _REFUSALS if refusal in text), None)


def _is_possible(name: str) -> bool:
    return name != "" and all(unicodedata.category(each)[0] in _CATEGORIES for each in name)


def _repeats_mark(name: str) -> bool:
    """Whether a letter has the same nonspacing mark twice, which looks like having it once."""
    marks = set[str]()
    for each in unicodedata.normalize("NFD", name):
        if unicodedata.category(each) != "Mn":
            marks.clear()
        elif each in marks:
            return True
        marks.add(each)
    return False
