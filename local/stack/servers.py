"""The servers of a local stack: the emulator, the gateway and, with search, OpenSearch."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from local.emulator_clients import AWS_ENVIRONMENT, new_credentials
from local.opensearch import search_engine
from local.stack.deployment import StackFailed
from local.stack.ports import HOST, answers, free_port
from local.stack.processes import Process, mark_of, stop_marked
from local.stack.state import State
from project.commands import end_of
from project.template import ROOT

# Each server's path for "is it ready", which answers with the id of the stack, and how many seconds
# the server may take to start.
_READY = {
    "emulator": ("/_ministack/ready", 120),
    "gateway": ("/_local/health", 120),
    "engine": ("/_cluster/health?wait_for_status=yellow&timeout=1s", 120),  # indices are searchable
}

_PORTS_TRIED = 5

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
        self._starts: dict[str, Callable[[int], None]] = {}  # those by this command, by name
        # The home folder of the developer may be missing or read-only, and Java finds files with
        # non-ASCII names only by a locale with UTF-8.
        self._own = {"HOME": str(directory / "tmp"), "LC_ALL": "C.UTF-8"}

    def is_running(self, name: str) -> bool:
        """Return whether this server runs."""
        return name in self._state.load() and self._process(name).is_running

    def new_identity(self) -> None:
        """Record the id by which the servers that are started from now on prove whose they are."""
        self._state.save(id=secrets.token_hex(16))

    def url(self, name: str) -> str:
        """Return the address of a server that has been started."""
        return f"http://{HOST}:{self._port(name)}"

    def start_emulator(self, environment: Mapping[str, str]) -> None:
        """Start the emulator with these additional environment variables."""
        self._start_on_free_port("emulator", partial(self._start_emulator, environment))

    def start_gateway(self) -> None:
        """Start the gateway and record its address in the outputs."""
        self._start_on_free_port("gateway", self._start_gateway)

    def start_engine(self, port: int = 0) -> None:
        """Start OpenSearch, on any free port if none is given."""
        port = port or free_port(0)
        data = self._directory / "tmp" / "opensearch"
        self._start("engine", search_engine.command(port, data, self._state.load()["id"]), port)

    def wait_until_ready(self, name: str) -> None:
        """Wait until this stack's server answers. Raises StackFailed with the end of its log.

        If another process takes the port first, a server ends, and is started on another port.
        OpenSearch is not: the emulator knows its port already.
        """
        path, seconds = _READY[name]
        deadline = time.monotonic() + seconds
        others = 0
        while not answers(self._port(name), path, self._state.load()["id"]):
            if time.monotonic() > deadline:
                raise StackFailed(f"the {name} did not start; {self._log_end(name)}")
            if not self.is_running(name):
                others += 1
                is_taken = free_port(self._port(name)) != self._port(name)
                if name not in self._starts or not is_taken or others == _PORTS_TRIED:
                    raise StackFailed(f"the {name} did not start; {self._log_end(name)}")
                self._starts[name](self._free_port(name))
            time.sleep(0.1)

    def stop(self, name: str) -> None:
        """Stop this server if it runs."""
        if name in self._state.load():
            self._process(name).stop()
            self._state.forget(name)

    def stop_all(self) -> None:
        """Stop all processes of this stack. Nothing is recorded, as the disk may be full."""
        for name in self._state.load().keys() & _READY.keys():
            self._process(name).stop()
        stop_marked(self._mark)

    def stop_unrecorded(self) -> None:
        """Stop the processes of this stack that are not recorded servers, or children of those.

        A command that was killed leaves them: servers that it had not recorded yet, and SAM CLI.
        """
        recorded = self._state.load()
        servers = {recorded[name]["pid"] for name in _READY if self.is_running(name)}
        stop_marked(self._mark, spare=servers.__contains__)

    @property
    def _mark(self) -> str:
        return mark_of(self._directory)

    def _port(self, name: str) -> int:
        port: int = self._state.load()[name]["port"]
        return port

    def _process(self, name: str) -> Process:
        recorded = self._state.load()[name]
        return Process(recorded["pid"], recorded["command"], self._mark)

    def _log_end(self, name: str) -> str:
        return end_of(self._directory / f"{name}.log")

    def _start_on_free_port(self, name: str, start: Callable[[int], None]) -> None:
        self._starts[name] = start
        start(self._free_port(name))

    def _start_emulator(self, environment: Mapping[str, str], port: int) -> None:
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

    def _start_gateway(self, port: int) -> None:
        self._state.save_outputs(GatewayUrl=f"http://{HOST}:{port}")
        arguments = ["--outputs", str(self._state.outputs_file), "--port", str(port)]
        command = [sys.executable, "-m", "local.gateway", *arguments]
        state = self._state.load()
        # Test runs ask for a check of all answers, also of a gateway that is started again.
        checks = os.environ.get("CHECK_CONTRACT", state.get("checks", ""))
        self._state.save(checks=checks)
        own = {"GATEWAY_SECRET": state.get("secret", ""), "CHECK_CONTRACT": checks}
        self._start("gateway", command, port, PYTHONPATH=str(ROOT), **own)

    def _start(self, name: str, command: list[str], port: int, **environment: str) -> None:
        inherited = {each: os.environ[each] for each in _INHERITED if each in os.environ}
        state = self._state.load()
        process = Process.start(
            command,
            self._directory / f"{name}.log",
            inherited | self._own | {"STACK_ID": state["id"]} | AWS_ENVIRONMENT | environment,
            self._mark,
        )
        server = {"pid": process.pid, "command": command, "port": port}
        self._state.save(**{name: server, "ports": state.get("ports", {}) | {name: port}})

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
