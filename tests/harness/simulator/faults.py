"""What goes wrong between a function and the services, on purpose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class Fault(Enum):
    """How one request goes wrong."""

    THROTTLED = "refused before any effect, after the client's own retries"
    TIMED_OUT = "done, and the answer lost"
    KILLED_BEFORE = "the function dies with the request unsent"
    KILLED_AFTER = "the function dies with the request done and the answer unread"
    REFUSED = "an entry of a batch request is refused; any other request is throttled"


class Killed(BaseException):
    """The execution environment is gone, in the middle of an invocation."""


@dataclass
class Clock:
    """Seconds since the epoch, as far as the simulation has come."""

    now: float = 1_772_366_400.0


class Faults:
    """A script for each operation: its next requests go wrong so, all after them well."""

    def __init__(self) -> None:
        self._scripts: dict[str, list[Fault | None]] = defaultdict(list)
        self._dead = False
        self.happened: list[tuple[str, Fault]] = []
        self.requests: dict[str, int] = defaultdict(int)

    def script(self, operation: str, faults: Iterable[Fault | None]) -> None:
        """Let the operation's next requests go wrong, one after the other; None is well."""
        self._scripts[operation] += faults

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self._scripts.clear()

    def revive(self) -> None:
        """A new execution environment takes over."""
        self._dead = False

    def entry_refused(self, operation: str) -> bool:
        """Whether the script refuses the next entry of a batch request."""
        script = self._scripts[operation]
        if script and script[0] is Fault.REFUSED:
            script.pop(0)
            self.happened.append((operation, Fault.REFUSED))
            return True
        return False

    def around[T](self, operation: str, effect: Callable[[], T], *, partial: bool = False) -> T:
        """Make a request, as the script has it. `partial` leaves refusals to the entries."""
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
    """The error that botocore raises for a service's refusal."""
    return ClientError({"Error": {"Code": code, "Message": code}, **more}, operation)  # type: ignore[typeddict-item]
