"""A local stack, as `make up` starts it.

It is the emulator, the template built and deployed to it, a queue that receives what SNS would
email, and the gateway in front; with search, an OpenSearch beside them. A stack keeps its files
in one directory, so several stacks can run at the same time.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.emulator_clients import STACK, Outputs, subscribed_queue
from local.opensearch import search_engine
from local.stack import builds, deployment
from local.stack.deployment import StackFailed
from local.stack.processes import mark_of
from local.stack.servers import Servers
from local.stack.state import State
from project.digest import digest
from project.locks import locked
from project.template import ROOT

DIRECTORY = ROOT / ".local"


class LocalStack:
    """One local stack. `port` and `gateway_port` are preferences: a taken port is replaced.

    `environment` are additional variables of the emulator.
    The ports, the template's parameters and search are kept until the stack is down.
    """

    def __init__(
        self,
        directory: Path = DIRECTORY,
        port: int = 4566,
        gateway_port: int = 3000,
        say: Callable[[str], None] = print,
        parameters: Mapping[str, str] | None = None,
        *,
        search: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self._say = say
        self._parameters = parameters or {}
        self._search = search
        self._environment = environment or {}
        self._state = State(directory)
        ports = {"emulator": port, "gateway": gateway_port}
        self._servers = Servers(directory, self._state, ports, say)

    def up(self) -> Outputs:
        """Start the stack, or update a running one. Raises StackFailed or CommandFailed.

        A start that fails leaves nothing running.
        """
        with self._locked():
            return self._up()

    def down(self) -> None:
        """Stop the stack and delete its data. The logs stay."""
        with self._locked():
            self._down()

    def is_running(self, name: str) -> bool:
        """Return whether the `emulator`, the `gateway` or the `engine` of search runs."""
        return self._servers.is_running(name)

    def process_id(self, name: str) -> int:
        """Return the id of the process of the `emulator`, the `gateway` or the `engine`."""
        return int(self._state.load()[name]["pid"])

    def outputs(self) -> Outputs:
        """Return the template's outputs and the local addresses; empty for a stack that is down."""
        return self._state.outputs()

    def _up(self) -> Outputs:
        self._servers.stop_unrecorded()
        state = self._state.load()
        is_new = not self._is_complete()
        if self._search and not is_new and "search" not in state:
            # The emulator learns the address of its domain when it starts.
            raise StackFailed("the stack runs without search: make down, then make up SEARCH=1")
        sources = builds.sources()
        gateway_sources = digest("template.yaml", "local", "project")
        parameters = state.get("parameters", {}) | self._parameters
        has_new_parameters = parameters != state.get("parameters", {})
        try:
            if is_new:
                parameters |= self._start_services()
            elif "engine" in state and not self.is_running("engine"):
                self._servers.start_engine(state["engine"]["port"])
            is_deployed = not is_new and self._is_deployed()
            if not is_deployed or state.get("deployed") != sources:
                self._deploy(parameters)
                self._state.save(deployed=sources)
            if has_new_parameters and is_deployed:
                with self._step("parameters"):
                    self._record(deployment.reconfigure(self.outputs(), parameters))
            self._state.save(parameters=parameters)
            if "engine" in self._state.load():
                self._servers.wait_until_ready("engine")
            # The gateway reads the resources of the stack when it starts.
            if not is_deployed or has_new_parameters or state.get("served") != gateway_sources:
                self._servers.stop("gateway")
            if not self.is_running("gateway"):
                self._start_gateway()
                self._state.save(served=gateway_sources)
        except BaseException:
            if is_new:
                self._down()
            raise
        return self.outputs()

    def _down(self) -> None:
        self._stop()
        self._state.delete()

    def _stop(self) -> None:
        self._servers.stop_all()
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        waiting = f"waiting for another command that starts or stops the stack in {self.directory}"
        with locked(self.directory, waiting, self._say):
            yield

    def _is_complete(self) -> bool:
        """Return whether a start has come to its end, all of it is recorded, and it still runs.

        In a folder that was moved, the emulator would look for its code in the old one.
        """
        state = self._state.load()
        is_here = state.get("directory") == str(self.directory.resolve())
        is_recorded = "deployed" in state and {"Endpoint", "GatewayUrl"} <= self.outputs().keys()
        return is_here and is_recorded and self.is_running("emulator")

    def _start_services(self) -> dict[str, str]:
        """Start the emulator, with OpenSearch if used; return the parameters that this needs."""
        self._stop()
        self._state.forget("deployed", "gateway", "emulator", "engine")
        self._state.save(directory=str(self.directory.resolve()))
        self._servers.new_identity()
        parameters: dict[str, str] = {}
        environment = dict(self._environment)
        if self._search or "search" in self._state.load():
            endpoint = search_engine.given()
            if endpoint is None:
                self._servers.start_engine()
                endpoint = self._servers.url("engine")
            self._state.save(search=endpoint)
            parameters, address = search_engine.deployed_as(endpoint)
            environment |= address
        self._servers.start_emulator(environment)
        return parameters

    def _is_deployed(self) -> bool:
        """Return whether the CloudFormation stack exists; `make destroy` may have deleted it."""
        self._servers.wait_until_ready("emulator")
        return deployment.is_deployed(self.outputs())

    def _deploy(self, parameters: Mapping[str, str]) -> None:
        with self._step("build"):
            builds.build(mark=mark_of(self.directory))
        self._servers.wait_until_ready("emulator")
        with self._step("deploy"):
            self._record(deployment.deploy(self.directory, self.outputs(), parameters))

    def _start_gateway(self) -> None:
        with self._step("gateway"):
            self._servers.start_gateway()
            self._servers.wait_until_ready("gateway")

    def _record(self, stack_outputs: Outputs) -> None:
        """Record the outputs of the deployed stack, and subscribe to its notifications."""
        topic = stack_outputs["OrderNotificationsTopic"]
        queue = subscribed_queue(f"{STACK}-notifications", topic, self.outputs())
        local = {
            "Directory": str(self.directory.resolve()),
            "Stack": STACK,
            "NotificationsQueueUrl": queue,
        }
        if search := self._state.load().get("search"):
            local["OpenSearchUrl"] = search
        self._state.save_outputs(**stack_outputs, **local)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._say(f"  {name:<10}{time.monotonic() - start:5.1f} s")
