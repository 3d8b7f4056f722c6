"""What can go wrong, named by the fact. `http` turns the API's part into statuses."""


class StorefrontError(Exception):
    """The base of every error of ours. Its text, and `details` line by line, reach the user."""

    def __init__(self, message: str, details: list[str] | None = None) -> None:
        super().__init__(message)
        self.details = details or []


class Invalid(StorefrontError):
    """The request cannot be understood; `details` says which parts, one line each."""


class Unauthenticated(StorefrontError):
    """Nobody has vouched for the caller."""


class Forbidden(StorefrontError):
    """The caller is known, and may not do this."""


class TooLarge(StorefrontError):
    """The request holds more than is taken."""


class KeyReused(StorefrontError):
    """The Idempotency-Key stands for another request."""


class InProgress(StorefrontError):
    """The first request with this Idempotency-Key is still under way."""


class NotFound(StorefrontError):
    """It does not exist, or is somebody else's, which a caller may not tell apart."""


class Conflict(StorefrontError):
    """It stands there already."""


class TooManyRequests(StorefrontError):
    """The caller asks more often than is allowed; later it will do."""


class Unavailable(StorefrontError):
    """Something that this needs does not answer; later it may."""


class HopelessOrder(StorefrontError):
    """An order message that fails the same way however often it is tried."""


class UnreadableOrder(HopelessOrder):
    """The message is no order: broken JSON, a number that cannot be stored, a wrong field."""


class OrderConflict(HopelessOrder):
    """Another order stands under this orderID."""


class OrderNotStored(StorefrontError):
    """DynamoDB did not take the order, or did not tell; the message is worth another try."""
