"""Compare each answer of the gateway with docs/openapi.yaml, as test runs ask for.

With CHECK_CONTRACT in the environment, the gateway writes what is not documented to the log
`contract.log` of its stack, a line each. Clients get the same answers as otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path

from aiohttp import web

from local.emulator_clients import Outputs
from local.gateway.definition import ApiDefinition
from project.contract.check import Contract, Exchange

VARIABLE = "CHECK_CONTRACT"
LOG = "contract.log"


class Checked:
    """The contract, and the file to which exchanges that break it are written."""

    def __init__(self, api: ApiDefinition, log: Path) -> None:
        self._api = api
        self._contract = Contract.committed()
        self._log = log

    @classmethod
    def asked_for(cls, api: ApiDefinition, outputs: Outputs) -> Checked | None:
        """Return the check of a stack's answers, or None if nobody asks for it."""
        if not os.environ.get(VARIABLE):
            return None
        return cls(api, Path(outputs["Directory"]) / LOG)

    async def check(self, request: web.Request, response: web.StreamResponse) -> None:
        """Write down what of an answer is not documented."""
        if request.method == "OPTIONS":  # a preflight, which browsers send for any route
            return
        body = getattr(response, "body", b"")
        path = request.raw_path.partition("?")[0].removeprefix(f"/{self._api.stage}")
        route = self._api.route(request.method, path)
        exchange = Exchange(
            request.method,
            route[0].resource if route else "",
            response.status,
            (body or b"").decode(errors="replace"),
            dict(response.headers),
            await _sent(request) if response.status < 300 else "",
        )
        problems = self._contract.problems(exchange)
        if problems:
            with self._log.open("a") as log:
                log.writelines(f"{each}\n" for each in problems)


async def _sent(request: web.Request) -> str:
    """Return the body of a request that was accepted; empty if it is compressed."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return ""
    return (await request.read()).decode(errors="replace")
