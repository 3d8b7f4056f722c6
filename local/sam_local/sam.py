"""SAM CLI: a build for containers, and `sam local` commands, each with its own log."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import yaml
from samtranslator.yaml_helper import yaml_parse

from local.emulator_clients import AWS_ENVIRONMENT, Outputs, client, environment
from local.sam_local import docker
from local.sam_local.docker import NotPossible
from local.stack.local_stack import DIRECTORY
from local.stack.ports import HOST, free_port
from local.stack.sam_cli import ARCHITECTURE
from project.commands import tail
from project.template import ROOT

FOLDER = DIRECTORY / "sam-local"
TEMPLATE = FOLDER / "build" / "template.yaml"
VARIABLES = DIRECTORY / "env.json"

# The address and the credentials of the stack.
_OF_STACK = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

START_SECONDS = 60
STOP_SECONDS = 10
ANSWER_SECONDS = 600  # the first request may pull the runtime image


async def build() -> None:
    """Build for the platform of the containers. The local stack's build is for this machine."""
    directory, cache = str(TEMPLATE.parent), str(FOLDER / "cache")
    flags = ["--build-dir", directory, "--cache-dir", cache, "--cached", "--parallel"]
    parameters = ["--parameter-overrides", f"Architecture={ARCHITECTURE}"]
    log = _log("build")
    async with _running(["build", *flags, *parameters], log) as process:
        if await process.wait():
            raise NotPossible(f"sam build failed; {log} ends with:\n{tail(log)}")
    template = yaml_parse(TEMPLATE.read_text())
    template["Parameters"]["Architecture"]["Default"] = ARCHITECTURE
    # SAM passes only variables that the template declares.
    template["Globals"]["Function"]["Environment"]["Variables"] |= dict.fromkeys(_OF_STACK, "")
    TEMPLATE.write_text(yaml.safe_dump(json.loads(json.dumps(template)), sort_keys=False))


def variables(outputs: Outputs) -> dict[str, dict[str, str]]:
    """Return the environment variables of each function, with those of the stack."""
    of_stack = {name: environment(outputs)[name] for name in _OF_STACK}
    services = {name: client(name, outputs) for name in ("cloudformation", "lambda")}
    resources = services["cloudformation"].describe_stack_resources(StackName=outputs["Stack"])
    functions = {
        resource["LogicalResourceId"]: services["lambda"].get_function_configuration(
            FunctionName=resource["PhysicalResourceId"]
        )
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    return {
        logical_id: function["Environment"]["Variables"] | of_stack
        for logical_id, function in functions.items()
    }


def flags(start: Path | None = None) -> list[str]:
    """Return the options of every `sam local` command, with paths relative to `start` if given."""
    template, environment = (
        str(path.relative_to(start) if start else path) for path in (TEMPLATE, VARIABLES)
    )
    is_here = docker.has_image(f"*/lambda/python:3.13-{ARCHITECTURE}")
    return ["-t", template, "--env-vars", environment] + ["--skip-pull-image"] * is_here


async def invoke(logical_id: str, event: Path) -> bytes:
    """Send an event with `sam local invoke` and return the answer. Raises NotPossible."""
    log = _log("invoke")
    command = ["local", "invoke", logical_id, "-e", str(event), *flags()]
    async with _running(command, log, answers=True) as process:
        async with asyncio.timeout(ANSWER_SECONDS):
            answer, _ = await process.communicate()
    if process.returncode:
        raise NotPossible(f"sam local invoke failed; {log} ends with:\n{tail(log)}")
    return answer


@asynccontextmanager
async def server(name: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Run `sam local start-api` or `start-lambda`; return a session with it. Raises NotPossible.

    Containers are kept for later requests to the same function.
    """
    port, log = free_port(0), _log(name)
    listen = ["--host", HOST, "--port", str(port), "--warm-containers", "LAZY"]
    patience = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with (
        _running(["local", name, *listen, *flags()], log) as process,
        aiohttp.ClientSession(f"http://{HOST}:{port}", timeout=patience) as http,
    ):
        deadline = time.monotonic() + START_SECONDS
        while not await _answers(http):
            if process.returncode is not None or time.monotonic() > deadline:
                raise NotPossible(f"sam local {name} did not start; {log} ends with:\n{tail(log)}")
            await asyncio.sleep(0.1)
        yield http


async def _answers(http: aiohttp.ClientSession) -> bool:
    with suppress(aiohttp.ClientConnectionError):
        async with http.get("/"):
            return True
    return False


@asynccontextmanager
async def _running(
    arguments: list[str], log: Path, *, answers: bool = False
) -> AsyncIterator[Process]:
    """Run a `sam` command for the time of this context. Its output is logged, or can be read."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env |= AWS_ENVIRONMENT | {
        "PATH": os.pathsep.join([str(ROOT / ".local/sam/bin"), os.environ["PATH"]]),
        "SAM_CLI_TELEMETRY": "0",
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            str(ROOT / ".local/sam/bin/sam"),
            *arguments,
            cwd=ROOT,
            env=env,
            stdin=DEVNULL,
            stdout=PIPE if answers else output,
            stderr=output,
            start_new_session=True,  # this process decides what Ctrl-C stops
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            await _stop(process)


async def _stop(process: Process) -> None:
    process.send_signal(signal.SIGINT)  # SIGTERM would leave its container running
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _log(name: str) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return FOLDER / f"{name}.log"
