"""Clocks that are wrong once."""

from __future__ import annotations

import time
from itertools import chain, repeat

import pytest


def first_look_differs(patched: pytest.MonkeyPatch, seconds: int, *clocks: str) -> None:
    """Let the first look at each of these clocks of `time` differ by so many seconds."""
    for name in clocks:
        real = getattr(time, name)
        offsets = chain([seconds * 10**9], repeat(0))
        patched.setattr(time, name, lambda real=real, offsets=offsets: real() + next(offsets))
