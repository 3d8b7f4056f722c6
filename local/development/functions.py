"""The functions of a running local stack, and how they start again with other code."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.development import sessions
from local.development.sessions import Session
from local.emulator_clients import Outputs, client
from project import template

_AT_ONCE = 8

ALIAS: str = template.raw()["Globals"]["Function"]["AutoPublishAlias"]
"""What invokes the functions of the stack."""


class UnknownFunction(Exception):
    """The stack has no such function. The text names those that it has."""


class Functions:
    """The functions of the stack with these outputs, by their names in `src`."""

    def __init__(self, outputs: Outputs) -> None:
        self._directory = Path(outputs["Directory"])
        self._lambda = client("lambda", outputs)

    def deployed(self) -> dict[str, dict[str, Any]]:
        """Return the configuration of each function by its name."""
        pages = self._lambda.get_paginator("list_functions").paginate()
        found: dict[str, dict[str, Any]] = {}
        for each in pages.search("Functions[]"):
            variables = each.get("Environment", {}).get("Variables", {})
            if name := variables.get("POWERTOOLS_SERVICE_NAME"):
                found[name] = each
        return found

    @contextmanager
    def developed(self, session: Session) -> Iterator[None]:
        """Run functions from their sources. Afterwards they run what was deployed.

        Raises SessionExists or UnknownFunction.
        """
        names = sorted(self.deployed())
        if session.function and session.function not in names:
            raise UnknownFunction(
                f"there is no function {session.function!r}; choose from {', '.join(names)}"
            )
        chosen = [session.function] if session.function else names
        # From then on, the emulator starts environments of the session only, and ends others.
        sessions.record(self._directory, session)
        try:
            yield
        finally:
            sessions.forget(self._directory, session)
            with suppress(BotoCoreError, ClientError):  # the stack may be down
                self.restart(chosen)

    def restart(self, names: Collection[str] | None = None) -> set[str]:
        """End the environments of these functions, or of all. Returns those that are deployed.

        The next invocation starts a new environment. What runs at the moment fails, and is retried
        as after any crash.
        """
        found = {
            name: each for name, each in self.deployed().items() if names is None or name in names
        }
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(self._end_environments, found.values()))
        return set(found)

    def start(self, name: str) -> None:
        """Start an environment of a function before anything invokes it. Does not wait for it."""
        # The emulator knows this event: local/emulator/development.py.
        self._lambda.invoke(
            FunctionName=self.deployed()[name]["FunctionName"],
            Qualifier=ALIAS,
            InvocationType="Event",
            Payload=b'{"development": "start"}',
        )

    def _end_environments(self, function: dict[str, Any]) -> None:
        # An update of the configuration ends them, even if it changes nothing.
        self._lambda.update_function_configuration(
            FunctionName=function["FunctionName"], Timeout=function["Timeout"]
        )
