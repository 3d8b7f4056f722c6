"""Faults that are injected between a function and the services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class Fault(Enum):
    """How one request fails."""

    THROTTLED = "refused before any effect, after the client's own retries"
    TIMED_OUT = "done, and the answer lost"
    KILLED_BEFORE = "the function dies with the request unsent"
    KILLED_AFTER = "the function dies with the request done and the answer unread"
    REFUSED = "an entry of a batch request is refused; any other request is throttled"


class Killed(BaseException):
    """The execution environment was killed during an invocation."""


@dataclass
class Clock:
    """The simulated time, in seconds since the epoch."""

    now: float = 1_772_366_400.0


class Faults:
    """A script per operation: the faults of its next requests. Later requests succeed."""

    def __init__(self) -> None:
        self._scripts: dict[str, list[Fault | None]] = defaultdict(list)
        self._dead = False
        self.happened: list[tuple[str, Fault]] = []
        self.requests: dict[str, int] = defaultdict(int)

    def script(self, operation: str, faults: Iterable[Fault | None]) -> None:
        """Set the faults of the operation's next requests, one after the other. None: success."""
        self._scripts[operation] += faults

    def heal(self) -> None:
        """Let all later requests succeed."""
        self._scripts.clear()

    def revive(self) -> None:
        """Start a new execution environment."""
        self._dead = False

    def entry_refused(self, operation: str) -> bool:
        """Return whether the script refuses the next entry of a batch request."""
        script = self._scripts[operation]
        if script and script[0] is Fault.REFUSED:
            script.pop(0)
            self.happened.append((operation, Fault.REFUSED))
            return True
        return False

    def around[T](self, operation: str, effect: Callable[[], T], *, partial: bool = False) -> T:
        """Make a request with the script's fault. `partial`: refusals apply to its entries."""
        if self._dead:
            raise Killed
        self.requests[operation] += 1
        script = self._scripts[operation]
        if not script or (partial and script[0] is Fault.REFUSED):
            return effect()
        fault = script.pop(0)
        if fault is None:
            return effect()
        self.happened.append((operation, fault))
        if fault in (Fault.KILLED_AFTER, Fault.TIMED_OUT):
            effect()
        if fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
            self._dead = True
            raise Killed
        if fault is Fault.TIMED_OUT:
            raise ReadTimeoutError(endpoint_url=f"https://{operation}.example")
        raise error("ThrottlingException", operation)


def error(code: str, operation: str, **more: Any) -> ClientError:
    """Return the error that botocore raises if a service refuses a request."""
    return ClientError({"Error": {"Code": code, "Message": code}, **more}, operation)  # type: ignore[typeddict-item]
