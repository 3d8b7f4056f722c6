"""The servers of a local stack: the emulator, the gateway and, with search, OpenSearch."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from local.emulator_clients import AWS_ENVIRONMENT, new_credentials
from local.opensearch import search_engine
from local.stack.deployment import StackFailed
from local.stack.ports import HOST, answers, free_port
from local.stack.processes import Process
from local.stack.state import State
from project.commands import tail
from project.template import ROOT

# Each server's URL for "is it ready", and how many seconds it may take to start.
_READY = {
    "emulator": ("/_ministack/ready", 60),
    "gateway": ("/_local/health", 30),
    "engine": ("/_cluster/health?wait_for_status=yellow&timeout=1s", 60),  # indices can be searched
}

# SSL_CERT_FILE names the certificate of an OpenID provider that has signed its own.
_INHERITED = ("PATH", "SSL_CERT_FILE")


class Servers:
    """The processes `emulator`, `gateway` and `engine` of one stack, each with its own log.

    `ports` are the preferred ports; where one is taken, another one is used. A server that is
    restarted keeps its port.
    """

    def __init__(
        self, directory: Path, state: State, ports: Mapping[str, int], say: Callable[[str], None]
    ) -> None:
        self._directory = directory
        self._state = state
        self._ports = ports
        self._say = say
        # The home folder of the developer may be missing or read-only, and Java finds files with
        # non-ASCII names only by a locale with UTF-8.
        self._own = {"HOME": str(directory / "tmp"), "LC_ALL": "C.UTF-8"}

    def is_running(self, name: str) -> bool:
        """Return whether this server runs."""
        return name in self._state.load() and self._process(name).is_running

    def url(self, name: str) -> str:
        """Return the address of a server that has been started."""
        return f"http://{HOST}:{self._state.load()[name]['port']}"

    def start_emulator(self, environment: Mapping[str, str]) -> None:
        """Start the emulator with these additional environment variables."""
        port = self._free_port("emulator")
        files = self._directory / "tmp"  # the emulator leaves function code there when killed
        files.mkdir(mode=0o700, exist_ok=True)  # also with a umask of 0
        root = new_credentials()
        self._state.save_outputs(Endpoint=f"http://{HOST}:{port}", **root)
        self._start(
            "emulator",
            [str(ROOT / ".local/emulator/bin/python"), str(ROOT / "local/emulator")],
            port,
            GATEWAY_PORT=str(port),
            BIND_HOST=HOST,
            TMPDIR=str(files),
            STATE_DIR=str(files / "emulator"),  # its signing keys
            GATEWAY_SECRET=self._new_secret(),
            ROOT_ACCESS_KEY_ID=root["AccessKeyId"],
            ROOT_SECRET_ACCESS_KEY=root["SecretAccessKey"],
            AUTH="true",  # enforce the roles of the template
            IOT_MTLS_ENABLED="0",
            SFTP_ENABLED="0",
            **environment,
        )

    def start_gateway(self) -> None:
        """Start the gateway and record its address in the outputs."""
        port = self._free_port("gateway")
        self._state.save_outputs(GatewayUrl=f"http://{HOST}:{port}")
        arguments = ["--outputs", str(self._state.outputs_file), "--port", str(port)]
        command = [sys.executable, "-m", "local.gateway", *arguments]
        secret = self._state.load().get("secret", "")
        self._start("gateway", command, port, PYTHONPATH=str(ROOT), GATEWAY_SECRET=secret)

    def start_engine(self, port: int | None = None) -> None:
        """Start OpenSearch, on any free port if none is given."""
        port = port or free_port(0)
        data = self._directory / "tmp" / "opensearch"
        self._start("engine", search_engine.command(port, data), port)

    def wait_until_ready(self, name: str) -> None:
        """Wait until a server answers. Raises StackFailed with the end of its log."""
        path, seconds = _READY[name]
        deadline = time.monotonic() + seconds
        while not answers(self.url(name) + path):
            if not self.is_running(name) or time.monotonic() > deadline:
                log = self._directory / f"{name}.log"
                raise StackFailed(f"the {name} did not start; {log} ends with:\n{tail(log)}")
            time.sleep(0.1)

    def stop(self, *names: str) -> None:
        """Stop those of these servers that run."""
        for name in names:
            if name in self._state.load():
                self._process(name).stop()
                self._state.forget(name)

    def _process(self, name: str) -> Process:
        recorded = self._state.load()[name]
        return Process(recorded["pid"], recorded["command"])

    def _start(self, name: str, command: list[str], port: int, **environment: str) -> None:
        inherited = {each: os.environ[each] for each in _INHERITED if each in os.environ}
        process = Process.start(
            command,
            self._directory / f"{name}.log",
            inherited | self._own | AWS_ENVIRONMENT | environment,
        )
        ports = self._state.load().get("ports", {}) | {name: port}
        self._state.save(**{name: asdict(process) | {"port": port}, "ports": ports})

    def _new_secret(self) -> str:
        """Return and record a secret by which the emulator knows the gateway."""
        secret = secrets.token_urlsafe(32)
        self._state.save(secret=secret)
        return secret

    def _free_port(self, name: str) -> int:
        preferred = self._state.load().get("ports", {}).get(name, self._ports[name])
        port = free_port(preferred)
        if preferred not in (0, port):
            self._say(f"port {preferred} is taken; the {name} uses port {port}")
        return port
