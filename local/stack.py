"""The laptop edition's life cycle: `python -m local.stack up [NAME=VALUE …] | down | status`.

Up is the emulator, the template built and deployed to it, a queue that hears what SNS would
mail, and the gateway in front. A stack lives in one directory, so several run side by side.
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

from local import deployment
from local.account import AWS_ENVIRONMENT, STACK, Outputs, subscribed_queue
from local.deployment import StackFailed
from local.digest import digest
from local.processes import HOST, Process, answers, free_port, tail
from local.template import ROOT

DIRECTORY = ROOT / ".local"
EMULATOR_SECONDS = 60
GATEWAY_SECONDS = 30

# The second is whom to trust, where an OpenID provider of one's own signs its certificate itself.
_INHERITED = ("PATH", "SSL_CERT_FILE")


class Stack:
    """One local stack. Ports are wishes: where one is taken, another is used.

    The template's parameters count until the stack is down, as CloudFormation keeps them.
    """

    def __init__(
        self,
        directory: Path = DIRECTORY,
        port: int = 4566,
        gateway_port: int = 3000,
        say: Callable[[str], None] = print,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self._ports = {"emulator": port, "gateway": gateway_port}
        self._say = say
        self._parameters = parameters or {}
        self._state_file = directory / "stack.json"
        self._outputs_file = directory / "outputs.json"

    def up(self) -> Outputs:
        """Start, or bring up to date what runs. Raises StackFailed, with nothing left behind."""
        self.directory.mkdir(parents=True, exist_ok=True)
        fresh = not self.is_running("emulator")
        deployed = deployment.sources()
        served = digest("template.yaml", "local")
        parameters = self._state.get("parameters", {}) | self._parameters
        reconfigured = parameters != self._state.get("parameters", {})
        try:
            if fresh:
                self._stop()
                self._start_emulator()
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
        self._stop()
        for file in (self._state_file, self._outputs_file):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)

    def is_running(self, name: str) -> bool:
        """Whether the `emulator` or the `gateway` runs."""
        return name in self._state and self._process(name).is_running

    def outputs(self) -> Outputs:
        """The template's outputs and the local addresses; none of a stack that is down."""
        return _load(self._outputs_file)

    @property
    def _state(self) -> dict[str, Any]:
        return _load(self._state_file)

    def _process(self, name: str) -> Process:
        return Process(self._state[name]["pid"], self._state[name]["command"])

    def _stop(self, *names: str) -> None:
        for name in names or ("gateway", "emulator"):
            if name in self._state:
                self._process(name).stop()

    def _save(self, **changes: Any) -> None:
        self._state_file.write_text(json.dumps(self._state | changes, indent=2))

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

    def _start_emulator(self) -> None:
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
        self._write(self.outputs() | found | here)

    def _write(self, outputs: Outputs) -> None:
        self._outputs_file.write_text(json.dumps(outputs, indent=2))

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._say(f"  {name:<10}{time.monotonic() - start:5.1f} s")


def _load(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return loaded


def _report(stack: Stack) -> None:
    outputs = stack.outputs()
    print(f"the shop       {outputs['GatewayUrl']}")
    print(f"notifications  {outputs['GatewayUrl']}/_local/notifications")
    print(f"AWS            {outputs['Endpoint']}")


def main(command: str, parameters: Mapping[str, str] | None = None) -> int:
    stack = Stack(parameters=parameters)
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
        case ["up", *given] if all("=" in each for each in given):
            named = (each.partition("=") for each in given)
            sys.exit(main("up", {name: value for name, _, value in named}))
        case ["down" | "status" as command]:
            sys.exit(main(command))
    sys.exit("usage: python -m local.stack up [NAME=VALUE …] | down | status")
