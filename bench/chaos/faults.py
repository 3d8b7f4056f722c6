"""How faults are made on a local stack, and how they end."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import psutil
from botocore.exceptions import ClientError

from bench.chaos.plan import Fault, Kind
from local.stack.local_stack import LocalStack
from ops.stack import DeployedStack

FILES = {"CALL_FAULTS": "faults.json", "CLOCK_OFFSET": "clock"}
"""The variables of the emulator, with the names of the files that they name."""

_LOGGED = {"chaos: refused": "calls refused", "chaos: lost": "answers lost"}


class Faults:
    """Makes the faults of a plan, each at its time, and ends them."""

    def __init__(
        self, stack: LocalStack, deployed: DeployedStack, say: Callable[[str], None]
    ) -> None:
        self._stack = stack
        self._names = deployed.resources("AWS::Lambda::Function")
        self._lambda: Any = deployed.client("lambda")
        self._say = say
        self._active: list[Fault] = []
        self._start = 0.0
        self._restarts = ThreadPoolExecutor(1)
        self.made: Counter[str] = Counter()

    @property
    def functions(self) -> list[str]:
        """The functions that can fail, by logical id."""
        return sorted(self._names)

    @contextmanager
    def following(self, plan: Sequence[Fault]) -> Iterator[None]:
        """Make the faults during the context. All have ended when it is left."""
        moments = [(each.begins, self._begin, each) for each in plan]
        moments += [(each.ends, self._end, each) for each in plan if each.duration]
        moments.sort(key=lambda moment: moment[0])
        stopped = threading.Event()
        self._start = time.monotonic()

        def run() -> None:
            for at, do, fault in moments:
                if not stopped.wait(max(0, self._start + at - time.monotonic())):
                    do(fault)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()
            for fault in list(self._active):
                self._end(fault)
            self._restarts.shutdown()

    def set_clock(self, seconds: int) -> None:
        """Set the clock of the emulator and the functions ahead."""
        self._write("CLOCK_OFFSET", str(seconds))

    def counts(self) -> dict[str, int]:
        """Return how many faults of each kind were made, and what they affected."""
        log = (self._stack.directory / "emulator.log").read_text(errors="replace")
        return {
            **{kind: self.made[kind] for kind in Kind},
            "processes killed": self.made["processes"],
            **{name: log.count(text) for text, name in _LOGGED.items()},
        }

    def _begin(self, fault: Fault) -> None:
        self._say(str(fault))
        self.made[fault.kind] += 1
        if fault.duration:
            self._active.append(fault)
        match fault.kind:
            case Kind.KILL:
                self._kill(self._names[fault.target])
            case Kind.THROTTLE:
                self._set_concurrency(fault.target, 0)
            case Kind.REDEPLOY:
                self._redeploy(self._names[fault.target])
            case Kind.STOP_SEARCH:
                with suppress(ProcessLookupError):
                    os.kill(self._stack.process_id("engine"), signal.SIGKILL)
            case _:
                self._apply()

    def _end(self, fault: Fault) -> None:
        self._active.remove(fault)
        if any((each.kind, each.target) == (fault.kind, fault.target) for each in self._active):
            return
        match fault.kind:
            case Kind.THROTTLE:
                self._set_concurrency(fault.target, None)
            case Kind.REDEPLOY:
                self._redeploy(self._names[fault.target])
            case Kind.STOP_SEARCH:
                # It starts what does not run, and waits for it. Other faults do not.
                self._restarts.submit(self._stack.up)
            case _:
                self._apply()

    def _apply(self) -> None:
        """Tell the emulator which calls fail now, and how far its clock is ahead."""
        kinds = {"refused": Kind.REFUSE, "lost": Kind.LOSE}
        calls = {
            name: [each.target for each in self._active if each.kind == kind]
            for name, kind in kinds.items()
        }
        self._write("CALL_FAULTS", json.dumps(calls))
        self.set_clock(sum(int(each.target) for each in self._active if each.kind == Kind.JUMP))

    def _write(self, variable: str, text: str) -> None:
        """Replace a file at once, because the emulator reads it at any moment."""
        path = self._stack.directory / FILES[variable]
        unfinished = path.with_suffix(".new")
        unfinished.write_text(text)
        unfinished.replace(path)

    def _kill(self, name: str) -> None:
        """Kill the processes of a function, as if their machine failed."""
        emulator = psutil.Process(self._stack.process_id("emulator"))
        for process in emulator.children(recursive=True):
            with suppress(psutil.Error):
                if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == name:
                    process.kill()
                    self.made["processes"] += 1

    def _set_concurrency(self, function: str, limit: int | None) -> None:
        name = self._names[function]
        if limit is None:
            self._lambda.delete_function_concurrency(FunctionName=name)
        else:
            self._lambda.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=limit
            )

    def _redeploy(self, name: str) -> None:
        """Replace the environments of a function, as a deployment of new code does."""
        variables = self._lambda.get_function_configuration(FunctionName=name)["Environment"][
            "Variables"
        ]
        variables["REDEPLOYED"] = str(self.made[Kind.REDEPLOY])
        with suppress(ClientError):  # Lambda refuses an update during another one
            self._lambda.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
