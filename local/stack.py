"""The laptop edition: `python -m local.stack up [--search] [NAME=VALUE …] | down | status`.

Up is the emulator, the template built and deployed to it, a queue that hears what SNS would
mail, and the gateway in front; with search, an OpenSearch beside them. A stack lives in one
directory, so several run side by side.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from local import deployment, search_engine, template
from local.account import AWS_ENVIRONMENT, STACK, Outputs, subscribed_queue
from local.deployment import StackFailed
from local.digest import digest
from local.processes import HOST, Process, answers, free_port, tail
from local.template import ROOT, WrongParameter

DIRECTORY = ROOT / ".local"
EMULATOR_SECONDS = 60
GATEWAY_SECONDS = 30
ENGINE_SECONDS = 60
ENGINE_HEALTH = "/_cluster/health?wait_for_status=yellow&timeout=1s"  # indices can be searched

# The second is whom to trust, where an OpenID provider of one's own signs its certificate itself.
_INHERITED = ("PATH", "SSL_CERT_FILE")


class Stack:
    """One local stack. Ports are wishes: where one is taken, another is used.

    The template's parameters count until the stack is down, as CloudFormation keeps them, and
    so does search.
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
    ) -> None:
        self.directory = directory
        self._ports = {"emulator": port, "gateway": gateway_port}
        self._say = say
        self._parameters = parameters or {}
        self._search = search
        self._state_file = directory / "stack.json"
        self._outputs_file = directory / "outputs.json"

    def up(self) -> Outputs:
        """Start, or bring up to date what runs. Raises StackFailed, with nothing left behind."""
        self.directory.mkdir(parents=True, exist_ok=True)
        fresh = not self.is_running("emulator")
        if self._search and not fresh and "search" not in self._state:
            # The emulator is told at its start where its domain is.
            raise StackFailed("the stack runs without search: make down, then make up SEARCH=1")
        deployed = deployment.sources()
        served = digest("template.yaml", "local")
        parameters = self._state.get("parameters", {}) | self._parameters
        reconfigured = parameters != self._state.get("parameters", {})
        try:
            if fresh:
                self._clear()
                environment: dict[str, str] = {}
                if self._search or "search" in self._state:
                    found, environment = search_engine.deployed_as(self._start_search())
                    parameters |= found
                self._start_emulator(**environment)
            elif "engine" in self._state and not self.is_running("engine"):
                self._start_engine(self._state["engine"]["port"])
            if fresh or self._state.get("deployed") != deployed:
                with self._step("build"):
                    deployment.build()
                self._wait_for("emulator", "/_ministack/ready", EMULATOR_SECONDS)
                with self._step("deploy"):
                    endpoint = self._url("emulator")
                    self._record(deployment.deploy(self.directory, endpoint, parameters))
                self._save(deployed=deployed)
            if reconfigured and not fresh:
                with self._step("parameters"):
                    self._record(deployment.reconfigure(self._url("emulator"), parameters))
            self._save(parameters=parameters)
            if "engine" in self._state:
                self._wait_for("engine", ENGINE_HEALTH, ENGINE_SECONDS)
            if reconfigured or self._state.get("served") != served:
                self._stop("gateway")
            if not self.is_running("gateway"):
                self._start_gateway()
                self._save(served=served)
        except BaseException:
            if fresh:
                self.down()
            raise
        return self.outputs()

    def down(self) -> None:
        """Stop everything, and forget what it held. The logs stay."""
        self._clear()
        for file in (self._state_file, self._outputs_file):
            file.unlink(missing_ok=True)

    def is_running(self, name: str) -> bool:
        """Whether the `emulator`, the `gateway` or the `engine` of search runs."""
        return name in self._state and self._process(name).is_running

    def outputs(self) -> Outputs:
        """The template's outputs and the local addresses; none of a stack that is down."""
        return _load(self._outputs_file)

    @property
    def _state(self) -> dict[str, Any]:
        return _load(self._state_file)

    def _process(self, name: str) -> Process:
        return Process(self._state[name]["pid"], self._state[name]["command"])

    def _clear(self) -> None:
        """Stop everything, and drop what it held."""
        self._stop("gateway", "emulator", "engine")
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)

    def _stop(self, *names: str) -> None:
        state = self._state
        for name in names:
            if name in state:
                self._process(name).stop()
                del state[name]
                _dump(self._state_file, state)

    def _save(self, **changes: Any) -> None:
        _dump(self._state_file, self._state | changes)

    def _url(self, name: str) -> str:
        return f"http://{HOST}:{self._state[name]['port']}"

    def _start(self, name: str, command: list[str], port: int, **env: str) -> None:
        inherited = {each: os.environ[each] for each in _INHERITED if each in os.environ}
        process = Process.start(
            command,
            self.directory / f"{name}.log",
            inherited | {"HOME": str(Path.home())} | AWS_ENVIRONMENT | env,
        )
        self._save(**{name: asdict(process) | {"port": port}})

    def _port(self, name: str) -> int:
        port = free_port(self._ports[name])
        if self._ports[name] not in (0, port):
            self._say(f"port {self._ports[name]} is taken, the {name} gets {port}")
        return port

    def _start_search(self) -> str:
        """The endpoint of the OpenSearch that is given, or of one that is up some time later."""
        endpoint = search_engine.given()
        if endpoint is None:
            self._start_engine(free_port(0))
            endpoint = self._url("engine")
        self._save(search=endpoint)
        return endpoint

    def _start_engine(self, port: int) -> None:
        data = self.directory / "tmp" / "opensearch"
        self._start("engine", search_engine.command(port, data), port)

    def _start_emulator(self, **env: str) -> None:
        port = self._port("emulator")
        files = self.directory / "tmp"  # it leaves the functions' code there when it is killed
        files.mkdir(exist_ok=True)
        self._start(
            "emulator",
            [str(ROOT / ".local/emulator/bin/python"), str(ROOT / "local/emulator")],
            port,
            GATEWAY_PORT=str(port),
            BIND_HOST=HOST,
            TMPDIR=str(files),
            AUTH="true",  # the template's own roles are enforced
            IOT_MTLS_ENABLED="0",
            SFTP_ENABLED="0",
            **env,
        )

    def _start_gateway(self) -> None:
        port = self._port("gateway")
        self._write(self.outputs() | {"GatewayUrl": f"http://{HOST}:{port}"})
        module = [sys.executable, "-m", "local.gateway"]
        arguments = ["--outputs", str(self._outputs_file), "--port", str(port)]
        with self._step("gateway"):
            self._start("gateway", module + arguments, port, PYTHONPATH=str(ROOT))
            self._wait_for("gateway", "/_local/health", GATEWAY_SECONDS)

    def _wait_for(self, name: str, path: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not answers(self._url(name) + path):
            if not self.is_running(name) or time.monotonic() > deadline:
                log = self.directory / f"{name}.log"
                raise StackFailed(f"the {name} did not start; {log} ends:\n{tail(log)}")
            time.sleep(0.1)

    def _record(self, found: Outputs) -> None:
        """Keep the outputs of what has been deployed, and hear its notifications."""
        endpoint = self._url("emulator")
        topic = found["OrderNotificationsTopic"]
        queue = subscribed_queue(f"{STACK}-notifications", topic, endpoint)
        here = {"Endpoint": endpoint, "Stack": STACK, "NotificationsQueueUrl": queue}
        if "search" in self._state:
            here["OpenSearchUrl"] = self._state["search"]
        self._write(self.outputs() | found | here)

    def _write(self, outputs: Outputs) -> None:
        _dump(self._outputs_file, outputs)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._say(f"  {name:<10}{time.monotonic() - start:5.1f} s")


def _load(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return loaded


def _dump(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2))


def _report(stack: Stack) -> None:
    outputs = stack.outputs()
    print(f"the shop       {outputs['GatewayUrl']}")
    print(f"notifications  {outputs['GatewayUrl']}/_local/notifications")
    print(f"AWS            {outputs['Endpoint']}")
    if "OpenSearchUrl" in outputs:
        print(f"OpenSearch     {outputs['OpenSearchUrl']}")


def main(command: str, parameters: Mapping[str, str] | None = None, *, search: bool = False) -> int:
    stack = Stack(parameters=parameters, search=search)
    # As Ctrl-C: what has been started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    if command == "down":
        stack.down()
        return 0
    if command == "up":
        try:
            stack.up()
        except StackFailed as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            return 130
    if not (stack.is_running("emulator") and stack.is_running("gateway")):
        print("the local stack is down: make up")
        return 1
    _report(stack)
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["up", *given]:
            try:
                parameters = template.parameters(each for each in given if each != "--search")
            except WrongParameter as error:
                sys.exit(str(error))
            sys.exit(main("up", parameters, search="--search" in given))
        case ["down" | "status" as command]:
            sys.exit(main(command))
    sys.exit("usage: python -m local.stack up [--search] [NAME=VALUE …] | down | status")
