"""The laptop edition's life cycle: `python -m local.stack up | down | status`.

Up is the emulator, the template built and deployed to it, a queue that hears what SNS would
mail, and the gateway in front. A stack lives in one directory, so several run side by side.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3

from local.processes import HOST, Process, answers, free_port, tail
from local.template import ROOT

DIRECTORY = ROOT / ".local"
REGION = "us-east-1"
STACK = "storefront"
BUCKET = "deployments"  # samconfig.toml's, for what `sam deploy` packages

EMULATOR_SECONDS = 60
GATEWAY_SECONDS = 30

# Nothing of a developer's own account gets in here, or from here into it.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
AWS_ENVIRONMENT = CREDENTIALS | {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

type Outputs = dict[str, str]


class StackFailed(Exception):
    """A step of the start failed; the text says which, with the end of its log."""


def client(service: str, endpoint: str) -> Any:
    """A boto3 client of the emulator at this endpoint."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


class Stack:
    """One local stack. Ports are wishes: where one is taken, another is used."""

    def __init__(
        self,
        directory: Path = DIRECTORY,
        port: int = 4566,
        gateway_port: int = 3000,
        say: Callable[[str], None] = print,
    ) -> None:
        self.directory = directory
        self._ports = {"emulator": port, "gateway": gateway_port}
        self._say = say
        self._state_file = directory / "stack.json"
        self._outputs_file = directory / "outputs.json"

    def up(self) -> Outputs:
        """Start, or bring up to date what runs. Raises StackFailed, with nothing left behind."""
        self.directory.mkdir(parents=True, exist_ok=True)
        fresh = not self.is_running("emulator")
        deployed = _digest("template.yaml", "samconfig.toml", "src", "layers")
        served = _digest("template.yaml", "local")
        try:
            if fresh:
                self._stop()
                self._start_emulator()
            if self._state.get("served") != served:
                self._stop("gateway")
            if fresh or self._state.get("deployed") != deployed:
                self._build(deployed)
                self._wait_for("emulator", "/_ministack/ready", EMULATOR_SECONDS)
                self._deploy()
                self._save(deployed=deployed)
            if not self.is_running("gateway"):
                self._start_gateway()
                self._save(served=served)
        except BaseException:
            if fresh:
                self.down()
            raise
        return self.outputs()

    def down(self) -> None:
        """Stop everything, and forget what it held. The logs and the build stay."""
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
        process = Process.start(
            command,
            self.directory / f"{name}.log",
            {"PATH": os.environ["PATH"], "HOME": str(Path.home())} | AWS_ENVIRONMENT | env,
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
            [str(ROOT / ".local/emulator/bin/python"), str(ROOT / "local/emulator.py")],
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

    def _build(self, sources: str) -> None:
        build = self.directory / "build"
        built = build / "sources"
        if built.exists() and built.read_text() == sources:
            return
        with self._step("build"):
            cache = self.directory / "cache"
            self._sam("build", "--build-dir", str(build), "--cache-dir", str(cache))
            built.write_text(sources)

    def _deploy(self) -> None:
        endpoint = self._url("emulator")
        with self._step("deploy"):
            client("s3", endpoint).create_bucket(Bucket=BUCKET)
            template = self.directory / "build" / "template.yaml"
            self._sam("deploy", "--template-file", str(template), "--no-progressbar")
            [stack] = client("cloudformation", endpoint).describe_stacks(StackName=STACK)["Stacks"]
            found = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
            topic = found["OrderNotificationsTopic"]
            queue = subscribed_queue(f"{STACK}-notifications", topic, endpoint)
            here = {"Endpoint": endpoint, "Stack": STACK, "NotificationsQueueUrl": queue}
            self._write(self.outputs() | found | here)

    def _write(self, outputs: Outputs) -> None:
        self._outputs_file.write_text(json.dumps(outputs, indent=2))

    def _sam(self, command: str, *arguments: str) -> None:
        path = os.pathsep.join([str(ROOT / ".local/uv/bin"), os.environ["PATH"]])
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env |= AWS_ENVIRONMENT | {
            "AWS_ENDPOINT_URL": self._url("emulator"),
            "PATH": path,  # with python3.13 and pip
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",  # s; the emulator is done at once
        }
        log = self.directory / f"{command}.log"
        config = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
        with log.open("wb") as output:
            done = subprocess.run(
                [str(ROOT / ".local/sam/bin/sam"), command, *config, *arguments],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise StackFailed(f"sam {command} failed; {log} ends:\n{tail(log)}")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._say(f"  {name:<10}{time.monotonic() - start:5.1f} s")


def _load(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return loaded


def _digest(*parts: str) -> str:
    """Changes with every file in these parts of the project."""
    digest = hashlib.sha256()
    for path in sorted(file for part in parts for file in _files(ROOT / part)):
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(part: Path) -> list[Path]:
    found = part.rglob("*") if part.is_dir() else [part]
    return [path for path in found if path.is_file() and path.suffix != ".pyc"]


def subscribed_queue(name: str, topic: str, endpoint: str) -> str:
    """The URL of a queue that hears the topic; made if it is not there yet."""
    sqs = client("sqs", endpoint)
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    [arn] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
        "Attributes"
    ].values()
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    client("sns", endpoint).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def _report(stack: Stack) -> None:
    outputs = stack.outputs()
    print(f"the shop       {outputs['GatewayUrl']}")
    print(f"notifications  {outputs['GatewayUrl']}/_local/notifications")
    print(f"AWS            {outputs['Endpoint']}")


def main(command: str) -> int:
    stack = Stack()
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
    if sys.argv[1:] not in (["up"], ["down"], ["status"]):
        sys.exit("usage: python -m local.stack up | down | status")
    sys.exit(main(sys.argv[1]))
