"""What the demo prints: one line per step."""

from __future__ import annotations

import sys
import time


def say(step: str, text: str, since: float | None = None) -> None:
    """Print a step, and the milliseconds since an earlier `time.monotonic()`."""
    took = f"{(time.monotonic() - since) * 1000:,.0f} ms" if since else ""
    name = f"{step:<12}"
    if sys.stdout.isatty():
        name = f"\033[32m{name}\033[0m"
    first, *more = text.splitlines()
    print(f"  {name}{took:>9}  {first}")
    for line in more:
        print(f"{'':25}{line}".rstrip())
