"""Requests for a user by name. A typed name can mean the name as it is typed, or normalized."""

from __future__ import annotations

from collections.abc import Callable

from cognito_errors import constant_time

from common import user_names
from common.api.errors import ApiError


def first_accepted[T](typed: str, ask: Callable[[str], T], unknown: ApiError) -> T:
    """The result for the first name for which `ask` does not raise an error like `unknown`.

    Raises `unknown` if no user can have the name, as late as for a user who does not exist.
    """
    names = user_names.spellings(typed)
    if not names:
        with constant_time():
            raise unknown
    for name in names[:-1]:
        try:
            return ask(name)
        except type(unknown) as error:
            if str(error) != str(unknown):
                raise
    return ask(names[-1])


def for_each(typed: str, ask: Callable[[str], None]) -> None:
    """Call `ask` for each name. It takes as long if no user can have the name."""
    with constant_time():
        for name in user_names.spellings(typed):
            ask(name)
