"""One run: a stack of its own, traffic and faults, recovery, and what is left."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.chaos.balance import Books
from bench.chaos.calm import Operator, Recovery
from bench.chaos.clients import Customers
from bench.chaos.faults import FILES, Faults
from bench.chaos.live import listening
from bench.chaos.plan import plan
from bench.chaos.traffic import Traffic
from local.emulator_clients import client
from local.opensearch import search_engine
from local.stack.local_stack import LocalStack
from local.stack.processes import mark_of, marked
from ops.stack import DeployedStack

_LOGS = {"build.log", "deploy.log", "emulator.log", "gateway.log", "engine.log", ".lock"}


@dataclass(frozen=True)
class Outcome:
    """What a run has found. `left` are processes and files that the stack has not removed."""

    seed: int
    seconds: int
    faults: dict[str, int]
    statuses: dict[str, int]
    recovery: Recovery
    left: list[str]
    search: bool

    @property
    def problems(self) -> list[str]:
        """Everything that must not be."""
        return [*self.recovery.balance.problems, *self.recovery.kept, *self.left]


def run(seed: int, seconds: int, say: Callable[[str], None]) -> Outcome:
    """Start a stack, disturb it for so many seconds, and compare the books."""
    search = search_engine.is_available()
    if not search:
        say(f"without search: {search_engine.MISSING}")
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        directory = Path(folder).resolve() / "stack"
        files = {name: str(directory / file) for name, file in FILES.items()}
        stack = LocalStack(directory, 0, 0, say, search=search, environment=files)
        try:
            outputs = stack.up()
            deployed = DeployedStack(outputs["Stack"], "", partial(client, outputs=outputs))
            faults = Faults(stack, deployed, say)
            customers = Customers(outputs)
            traffic = Traffic(customers, seed, search=search)
            books = Books(outputs, customers, traffic.ledger, search=search)
            chosen = plan(seed, seconds, faults.functions, search=search)
            say(f"{len(chosen)} faults in {seconds} s, seed {seed}")
            with listening(customers, traffic.ledger), traffic.sending():
                with faults.following(chosen):
                    time.sleep(seconds)
                say("the faults have ended")
            recovery = Operator(deployed, faults, books, say).recover()
            counts = faults.counts()
        finally:
            stack.down()
        left = _left(directory)
    return Outcome(seed, seconds, counts, customers.statuses, recovery, left, search)


def _left(directory: Path) -> list[str]:
    """Return what still runs or exists of a stack that is down, besides its logs."""
    running = [f"process {each.pid} still runs" for each in marked(mark_of(directory))]
    files = [path.name for path in directory.iterdir() if path.name not in _LOGS]
    return running + [f"{name} was left" for name in files if name not in FILES.values()]
