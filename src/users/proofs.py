"""The proof that the caller of an account route is the user. A stolen token must not be enough."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import sessions
from attempts import attempts
from cognito_errors import translated

from common.api.errors import Invalid, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def proving(username: str) -> Iterator[None]:
    """Count an attempt of this user to prove who they are. Raises Invalid for a wrong password."""
    try:
        with attempts().limited(username), translated(""):
            yield
    except Unauthenticated as error:  # but the token is valid, and 401 would say that it is not
        raise Invalid("the password is wrong", ["password: wrong"]) from error


def require_password(username: str, password: str) -> None:
    """Raises Invalid for a wrong password."""
    with proving(username):
        sessions.check_password(username, password)
