"""The loop of `make watch`: each change of the sources updates the stack."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.development.functions import Functions
from local.stack.deployment import StackFailed
from local.watch.changes import Changes
from local.watch.watcher import Watcher
from project.commands import CommandFailed

type Say = Callable[[str], None]

_PAUSE = 0.5  # seconds after which it is seen that the loop shall stop


def follow(
    watcher: Watcher,
    root: Path,
    functions: Functions,
    deploy: Callable[[], object],
    say: Say = print,
    stopping: threading.Event | None = None,
) -> None:
    """Update a stack after each change until it is interrupted, or `stopping` is set.

    `deploy` builds and deploys everything, and starts the gateway again if necessary.
    """
    stopping = stopping or threading.Event()
    pending: set[Path] = set()  # what waits for the fix of a syntax error
    while not stopping.is_set():
        if not (saved := watcher.wait(_PAUSE)):
            continue
        pending |= saved
        changes = Changes.of(pending, root)
        if changes.faults:
            for fault in changes.faults:
                say(fault)
            continue
        pending.clear()
        try:
            _update(changes, functions, deploy, say)
        except (CommandFailed, StackFailed, BotoCoreError, ClientError) as error:
            say(str(error))


def _update(changes: Changes, functions: Functions, deploy: Callable[[], object], say: Say) -> None:
    start = time.monotonic()
    if changes.needs_deployment:
        deploy()
        updated = "deployed"
    elif changes.layer:
        functions.restart()
        updated = "all functions"
    elif changes.functions:
        known = functions.restart(changes.functions)
        for name in sorted(changes.functions - known):
            say(f"src/{name} is not deployed: template.yaml has no such function")
        updated = ", ".join(sorted(known))
    else:
        return
    if updated:
        say(f"{updated:<30}{time.monotonic() - start:5.1f} s")
