"""A sweep: one pass over all stores, which can stop after any page and continue later.

Two invocations may run the same sweep at the same time. Each step is safe to repeat, and a stored
position only says that somebody has done everything before it. So they do not disturb each other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

from steps import STEPS

from common.erasures import SECOND_SWEEP_SECONDS, Erasure, SweepIsOver, erasures
from common.observability import logger


def run(sub: str, has_time: Callable[[], bool]) -> None:
    """Run the sweep of a user if it is due, from its stored position, as long as there is time."""
    erasure = erasures().find(sub)
    if erasure is None or erasure.dueAt > time.time():
        return
    try:
        while following := _next(erasure):
            erasures().save(following, erasure.dueAt)
            erasure = following
            if not has_time():
                erasures().send(sub)
                return
        _finish(erasure)
    except SweepIsOver:
        logger.info("sweep continued elsewhere")


def _next(erasure: Erasure) -> Erasure | None:
    """Do one page of the current step. Returns what to do next, None at the end of the sweep."""
    names = list(STEPS)
    # A step that a deployment has removed meanwhile is unknown: everything is done again.
    name = erasure.step if erasure.step in STEPS else names[0]
    start = json.loads(erasure.position) if erasure.position else None
    position = STEPS[name](erasure, start)
    if position is not None:
        return replace(erasure, step=name, position=json.dumps(position))
    logger.info("erasure step done", step=name)
    following = names[names.index(name) + 1 :]
    return replace(erasure, step=following[0], position="") if following else None


def _finish(erasure: Erasure) -> None:
    due = erasure.next_due
    if due is None:
        erasures().remove(erasure)
        logger.info("erasure complete")
        return
    erasures().save(replace(erasure, dueAt=due, step="", position=""), erasure.dueAt)
    logger.info("erasure sweep done")
    delay = due - int(time.time())
    if delay <= SECOND_SWEEP_SECONDS:
        erasures().send(erasure.sub, delay)
