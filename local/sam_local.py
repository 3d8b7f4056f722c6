"""The functions in AWS's own runtime image: `python -m local.sam_local [--open]`.

Sends every event of `events/` through `sam local invoke` and asks `sam local start-api`, with
a local stack of its own as the AWS behind the functions. `--open` instead brings the running
local stack within the containers' reach, for `sam local` commands of your own.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import yaml
from samtranslator.yaml_helper import yaml_parse

from local.account import AWS_ENVIRONMENT, Outputs, client
from local.deployment import ARCHITECTURE, StackFailed
from local.processes import HOST, free_port, tail
from local.stack import DIRECTORY, Stack
from local.template import ROOT

FOLDER = DIRECTORY / "sam-local"
TEMPLATE = FOLDER / "build" / "template.yaml"
ENV_FILE = DIRECTORY / "env.json"

INVOCATIONS_AT_ONCE = 2
INVOCATION_SECONDS = 600  # the first one may pull the runtime image
START_SECONDS = 60
STOP_SECONDS = 10

# What start-api can be asked: it has no authorizer, so a function sees nobody's request, and
# it does not know the direct integrations with SQS.
EXPECTED_STATUSES = {("GET", "/orders"): 401, ("POST", "/orders"): 403}


class NotPossible(Exception):
    """What is needed is not there; the text says what."""


async def run(outputs: Outputs) -> int:
    """Invoke and ask everything; how many failed."""
    async with opened(outputs):
        try:
            print("sam local invoke")
            events = sorted((ROOT / "events").glob("*/*.json"))
            gate = asyncio.Semaphore(INVOCATIONS_AT_ONCE)
            results = await asyncio.gather(*(_invoke(event, gate) for event in events))
            print("sam local start-api")
            results += await _ask_the_api()
        finally:
            _remove_containers()
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    return failed


async def stay_open(outputs: Outputs) -> int:
    """Keep the stack within the containers' reach until interrupted, and say how to use it."""
    async with opened(outputs):
        flags = " ".join(_flags(ROOT))
        print(
            "Open until Ctrl-C. In another terminal:\n\n"
            "export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n"
            "sam local invoke OrdersWriterFunction -e events/orders_writer/one_order.json"
            f" {flags}\n"
            f"sam local start-api --port 3001 {flags}\n"
            f"sam local start-lambda --port 3002 {flags}\n"
        )
        await asyncio.Event().wait()
    return 0


@contextmanager
def a_stack() -> Iterator[Outputs]:
    """The outputs of a local stack that runs as long as this context."""
    stack = Stack(FOLDER / "stack", port=0, gateway_port=0)
    print("a local stack for this run")
    try:
        yield stack.up()
    finally:
        stack.down()


@contextmanager
def the_running_stack() -> Iterator[Outputs]:
    """The outputs of the local stack that `make up` has started. Raises NotPossible."""
    stack = Stack()
    if not stack.is_running("emulator"):
        raise NotPossible("the local stack is down: make up")
    yield stack.outputs()


@asynccontextmanager
async def opened(outputs: Outputs) -> AsyncIterator[None]:
    """Build, and write the template and the variables that let containers reach the stack."""
    await _build()
    async with _door(urlsplit(outputs["Endpoint"]).port or 80) as url:
        ENV_FILE.write_text(json.dumps(_variables(outputs, url), indent=2))
        yield


async def _build() -> None:
    """Build for the container's platform, which the local stack's build need not be."""
    build, cache = str(TEMPLATE.parent), str(FOLDER / "cache")
    flags = ["--build-dir", build, "--cache-dir", cache, "--cached", "--parallel"]
    parameters = ["--parameter-overrides", f"Architecture={ARCHITECTURE}"]
    log = FOLDER / "build.log"
    async with _sam(["build", *flags, *parameters], log) as sam:
        if await sam.wait():
            raise NotPossible(f"sam build failed; {log} ends:\n{tail(log)}")
    template = yaml_parse(TEMPLATE.read_text())
    template["Parameters"]["Architecture"]["Default"] = ARCHITECTURE
    # SAM passes on only variables that the template declares.
    template["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = ""
    TEMPLATE.write_text(yaml.safe_dump(json.loads(json.dumps(template)), sort_keys=False))


def _variables(outputs: Outputs, url: str) -> dict[str, dict[str, str]]:
    """What the stack has set for each function, and where the stack is for a container."""
    services = {name: client(name, outputs["Endpoint"]) for name in ("cloudformation", "lambda")}
    resources = services["cloudformation"].describe_stack_resources(StackName=outputs["Stack"])
    functions = {
        resource["LogicalResourceId"]: services["lambda"].get_function_configuration(
            FunctionName=resource["PhysicalResourceId"]
        )
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    return {
        logical_id: function["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": url}
        for logical_id, function in functions.items()
    }


@asynccontextmanager
async def _door(port: int) -> AsyncIterator[str]:
    """The URL under which containers reach this port of 127.0.0.1.

    Docker Desktop leads there by itself. On Linux the host's end of Docker's bridge is all
    that a container sees, so we listen there, for containers only.
    """
    [config, *_] = json.loads(_docker("network", "inspect", "bridge"))[0]["IPAM"]["Config"]
    bridge = ipaddress.ip_network(config["Subnet"])
    address = config.get("Gateway") or str(next(bridge.hosts()))

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = ipaddress.ip_address(writer.get_extra_info("peername")[0])
        if peer not in bridge:
            writer.close()
            return
        try:
            inner_reader, inner_writer = await asyncio.open_connection(HOST, port)
        except ConnectionError:  # the stack is gone, which the container may see
            writer.close()
            return
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    try:
        server = await asyncio.start_server(pass_on, address, 0)
    except OSError:  # no address of this machine: the engine runs in a virtual one
        yield f"http://host.docker.internal:{port}"
        return
    try:
        yield f"http://{address}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _invoke(event: Path, gate: asyncio.Semaphore) -> bool:
    """Whether the function, in its container, does with the event what it should."""
    function, case = event.parent.name, event.stem
    log = FOLDER / "logs" / f"{function}.{case}.log"
    async with gate:
        start = time.monotonic()
        command = ["invoke", _logical_id(function), "-e", str(event), *_flags()]
        async with _sam(command, log) as sam:
            try:
                async with asyncio.timeout(INVOCATION_SECONDS):
                    status = await sam.wait()
                fault = f"sam says {status}" if status else _fault(_answer(log).read_bytes())
            except TimeoutError:
                fault = f"no answer within {INVOCATION_SECONDS} s"
    _report(function, case, start, fault, log)
    return not fault


def _fault(answer: bytes) -> str:
    """What is wrong with a function's answer; empty for nothing."""
    try:
        answered = json.loads(answer)
    except ValueError:
        return "the answer is no JSON"
    if answered.get("errorMessage") == "Unauthorized":
        return ""  # how an authorizer says 401
    if "errorMessage" in answered:
        return f"{answered.get('errorType')}: {answered['errorMessage']}"
    if answered.get("batchItemFailures"):
        return "records failed, as they do where the local stack is out of reach"
    if answered.get("statusCode", 200) >= 500:
        return f"status {answered['statusCode']}"
    return ""


async def _ask_the_api() -> list[bool]:
    """Whether each of the requests is answered as it should be."""
    port, log = free_port(0), FOLDER / "logs" / "start-api.log"
    listen = ["--host", HOST, "--port", str(port), "--warm-containers", "LAZY"]
    async with (
        _sam(["start-api", *listen, *_flags()], log) as sam,
        aiohttp.ClientSession(f"http://{HOST}:{port}") as http,
    ):
        await _answers(sam, http, log)
        return [
            await _ask(http, method, path, status, log)
            for (method, path), status in EXPECTED_STATUSES.items()
        ]


async def _ask(http: aiohttp.ClientSession, method: str, path: str, status: int, log: Path) -> bool:
    start = time.monotonic()
    async with http.request(method, path) as response:
        answered = await response.json()
    is_right = response.status == status and "message" in answered
    fault = "" if is_right else f"status {response.status} {answered}, not {status}"
    _report(method, f"{path} {status}", start, fault, log)
    return is_right


async def _answers(sam: asyncio.subprocess.Process, http: aiohttp.ClientSession, log: Path) -> None:
    """Wait until the server listens. Raises NotPossible."""
    deadline = time.monotonic() + START_SECONDS
    while sam.returncode is None and time.monotonic() < deadline:
        with suppress(aiohttp.ClientConnectionError):
            async with http.get("/"):
                return
        await asyncio.sleep(0.1)
    raise NotPossible(f"sam local start-api did not start; {log} ends:\n{tail(log)}")


@asynccontextmanager
async def _sam(arguments: list[str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A `sam` command that ends with this context."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env |= AWS_ENVIRONMENT | {
        "PATH": os.pathsep.join([str(ROOT / ".local/uv/bin"), os.environ["PATH"]]),
        "SAM_CLI_TELEMETRY": "0",
    }
    command = arguments if arguments[0] == "build" else ["local", *arguments]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, _answer(log).open("wb") as answer:
        process = await asyncio.create_subprocess_exec(
            str(ROOT / ".local/sam/bin/sam"),
            *command,
            cwd=ROOT,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=answer,
            stderr=output,
            start_new_session=True,  # a Ctrl-C is ours to pass on
        )
    try:
        yield process
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGINT)  # at a SIGTERM it leaves its container behind
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _answer(log: Path) -> Path:
    """Where the answer of the command with this log is."""
    return log.with_suffix(".out")


def _remove_containers() -> None:
    """Remove what an interrupted `sam` may have left: containers that mount our build."""
    deadline = time.monotonic() + STOP_SECONDS
    for code in TEMPLATE.parent.iterdir():
        mounting = ("ps", "--all", "--quiet", "--filter", f"volume={code}")
        while (left := _docker(*mounting).split()) and time.monotonic() < deadline:
            with suppress(NotPossible):  # one that is being removed
                _docker("rm", "--force", *left)


def _flags(start: Path | None = None) -> list[str]:
    """What every `sam local` command needs, paths relative to `start` if given."""
    template, variables = (
        str(path.relative_to(start) if start else path) for path in (TEMPLATE, ENV_FILE)
    )
    image = f"*/lambda/python:3.13-{ARCHITECTURE}"
    is_here = _docker("images", "--quiet", "--filter", f"reference={image}").strip()
    return ["-t", template, "--env-vars", variables] + ["--skip-pull-image"] * bool(is_here)


def _docker(*arguments: str) -> str:
    """What docker prints. Raises NotPossible."""
    if not (docker := shutil.which("docker")):
        raise NotPossible("there is no docker on the path")
    done = subprocess.run([docker, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPossible(done.stderr.strip())
    return done.stdout


def _logical_id(function: str) -> str:
    return "".join(word.capitalize() for word in function.split("_")) + "Function"


def _report(what: str, case: str, start: float, fault: str, log: Path) -> None:
    took = (time.monotonic() - start) * 1000
    print(f"  {what:<18}{case:<22}{took:>8,.0f} ms  {'failed: ' + fault if fault else 'ok'}")
    if fault:
        print(f"    see {log}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.sam_local", description=__doc__)
    parser.add_argument("--open", action="store_true", help="wait, for commands of your own")
    arguments = parser.parse_args()
    try:
        _docker("info")
    except NotPossible as reason:
        print(f"not run: no Docker engine answers ({reason})", file=sys.stderr)
        return os.EX_UNAVAILABLE
    stack, work = (the_running_stack, stay_open) if arguments.open else (a_stack, run)
    # As Ctrl-C: what has been started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    try:
        with stack() as outputs:
            return 1 if asyncio.run(work(outputs)) else 0
    except (NotPossible, StackFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
