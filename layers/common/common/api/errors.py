"""The errors that the API answers with, named by the fact. Each class carries its HTTP status."""

from collections.abc import Mapping
from typing import ClassVar


class ApiError(Exception):
    """The base of all API errors. The client reads its message and its `details`, line by line.

    `headers` are those of the response, besides the usual ones.
    """

    status: ClassVar[int] = 500

    def __init__(self, message: str, details: list[str] | None = None) -> None:
        super().__init__(message)
        self.details = details or []
        self.headers: Mapping[str, str] = {}


class Invalid(ApiError):
    """The request is malformed. `details` names each wrong part in a line of its own."""

    status = 400


class Unauthenticated(ApiError):
    """The caller is unknown: there is no valid token, password, session or ticket."""

    status = 401


class Forbidden(ApiError):
    """The caller is known and is not allowed to do this."""

    status = 403


class NotFound(ApiError):
    """It does not exist, or it belongs to another user. The caller cannot tell which."""

    status = 404


class Conflict(ApiError):
    """The name or the place is already taken."""

    status = 409


class Refused(ApiError):
    """It was accepted at first, and then refused. It will never exist."""

    status = 409


class WrongState(ApiError):
    """Its state does not allow this change, or it has changed since the client read it.

    `details` has the state and the version that it has now.
    """

    status = 409


class InProgress(ApiError):
    """The first request with this Idempotency-Key is still running."""

    status = 409


class Gone(ApiError):
    """What an earlier request with this Idempotency-Key created does not exist any more."""

    status = 410


class TooLarge(ApiError):
    """The request exceeds a size limit."""

    status = 413


class KeyReused(ApiError):
    """The Idempotency-Key was already used for a different request."""

    status = 422


class TooManyRequests(ApiError):
    """The caller exceeds a limit and can retry after `retry_after` seconds.

    AWS does not say when its own limits end. A minute is a guess; an early retry does no harm.
    """

    status = 429

    def __init__(
        self, message: str, details: list[str] | None = None, retry_after: int = 60
    ) -> None:
        super().__init__(message, details)
        self.headers = {"Retry-After": str(retry_after)}


class Unavailable(ApiError):
    """A service that this request needs does not respond. The caller can retry later."""

    status = 503
