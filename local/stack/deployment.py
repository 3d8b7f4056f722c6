"""Build the template with SAM CLI and deploy it to the emulator, as `make deploy` does to AWS."""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local.emulator_clients import AWS_ENVIRONMENT, STACK, Outputs, client
from project import template
from project.commands import run
from project.digest import digest
from project.template import ROOT

BUILD = ROOT / ".local/build"
"""The build of the current sources for this machine, once `build` has run. All stacks share it."""

BUCKET = "deployments"  # where `sam deploy` puts its packages, by samconfig.toml

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"

PARAMETERS = {
    "Architecture": ARCHITECTURE,  # the functions run on this machine
    "DeletionProtection": "false",
    "RequireTls": "false",  # the emulator has plain HTTP only
    # All users have the same address, and tests are many users.
    "SignInsPerHour": "1000000",
    "CodesPerHour": "1000000",
}

# SAM's builder for Python removes all bytecode, and Lambda cannot store what it compiles.
_COMPILE = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")

_PYTHON = ROOT / ".local/uv/bin"  # the folder of python3.13 with its pip


class StackFailed(Exception):
    """The stack cannot be started or updated. The text says why, and what to do."""


def sources() -> str:
    """Return a digest of everything that is built and deployed."""
    return digest("template.yaml", "samconfig.toml", "src", "layers")


def build(architecture: str = ARCHITECTURE) -> Path:
    """Return the folder of the build, made if the sources have changed. Raises CommandFailed."""
    for_this_machine = architecture == ARCHITECTURE
    folder = BUILD if for_this_machine else BUILD.with_name(f"{BUILD.name}-{architecture}")
    logs, cache, built = BUILD.parent, BUILD.parent / "cache", folder / "sources"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # stacks that start at the same time share one build
        current = sources()
        if built.exists() and built.read_text() == current:
            return folder
        built.unlink(missing_ok=True)
        parameters = {"Architecture": architecture}
        # A build removes everything from its cache that it does not use itself.
        arguments = ["--build-dir", str(folder), "--cache-dir", str(cache / architecture)]
        _sam("build", logs, {}, parameters, *arguments)
        if for_this_machine and platform.system() != "Linux":
            _install_for_this_machine(logs / "install.log")
        run("compileall", [_PYTHON / "python3.13", *_COMPILE, folder], logs / "compile.log")
        built.write_text(current)
    return folder


def deploy(directory: Path, endpoint: str, parameters: Mapping[str, str]) -> Outputs:
    """Deploy the build with these parameters and return the outputs. Raises CommandFailed."""
    client("s3", endpoint).create_bucket(Bucket=BUCKET)
    env = {
        "AWS_ENDPOINT_URL": endpoint,
        "SAM_CLI_POLL_DELAY": "0.2",  # in seconds; the emulator is fast
    }
    arguments = ["--template-file", str(BUILD / "template.yaml"), "--no-progressbar"]
    _sam("deploy", directory, env, parameters, *arguments)
    return _outputs(_deployed(endpoint))


def is_deployed(endpoint: str) -> bool:
    """Return whether the stack exists."""
    try:
        stack = _deployed(endpoint)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return False
    return bool(stack["StackStatus"] != "DELETE_COMPLETE")


def deploy_beside(name: str, template: Path, directory: Path, endpoint: str) -> Outputs:
    """Deploy another template, which needs no build, under this name. Raises CommandFailed."""
    env = {"AWS_ENDPOINT_URL": endpoint, "SAM_CLI_POLL_DELAY": "0.2"}
    arguments = ["--stack-name", name, "--template-file", str(template), "--no-progressbar"]
    _sam("deploy", directory, env, {}, *arguments)
    return _outputs(_deployed(endpoint, name))


def reconfigure(endpoint: str, parameters: Mapping[str, str]) -> Outputs:
    """Set parameters of the deployed stack and return its outputs. Raises StackFailed.

    `sam deploy` could do the same, but takes several times as long.
    """
    current = {
        each["ParameterKey"]: each["ParameterValue"] for each in _deployed(endpoint)["Parameters"]
    }
    if parameters.items() <= current.items():
        return _outputs(_deployed(endpoint))
    cloudformation = client("cloudformation", endpoint)
    try:
        cloudformation.update_stack(
            StackName=STACK,
            UsePreviousTemplate=True,
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in {**current, **parameters}.items()
            ],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        cloudformation.get_waiter("stack_update_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1}
        )
    except (ClientError, WaiterError) as error:
        raise StackFailed(f"the parameters were not accepted: {error}") from error
    return _outputs(_deployed(endpoint))


def _deployed(endpoint: str, name: str = STACK) -> dict[str, Any]:
    [stack] = client("cloudformation", endpoint).describe_stacks(StackName=name)["Stacks"]
    return stack  # type: ignore[no-any-return]


def _outputs(stack: dict[str, Any]) -> Outputs:
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _install_for_this_machine(log: Path) -> None:
    """Install the functions' packages again: SAM has built them for Linux, as on Lambda."""
    for name, resource in template.raw()["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        requirements = ROOT / resource["Properties"]["CodeUri"] / "requirements.txt"
        if requirements.exists():
            pip = [_PYTHON / "python3.13", "-m", "pip", "--disable-pip-version-check", "install"]
            command = [*pip, "--upgrade", "--target", BUILD / name, "-r", requirements]
            run(f"pip install for {name}", command, log)


def _sam(
    command: str,
    directory: Path,
    env: dict[str, str],
    parameters: Mapping[str, str],
    *arguments: str,
) -> None:
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("AWS_")}
    path = os.pathsep.join([str(_PYTHON), os.environ["PATH"]])
    env = inherited | AWS_ENVIRONMENT | {"PATH": path, "SAM_CLI_TELEMETRY": "0"} | env
    sam = ROOT / ".local/sam/bin/sam"
    config: list[str | Path] = ["--config-file", ROOT / "samconfig.toml", "--config-env", "local"]
    values = {**PARAMETERS, **parameters}
    overrides = ["--parameter-overrides", *(f"{name}={v}" for name, v in values.items())]
    log = directory / f"{command}.log"
    run(f"sam {command}", [sam, command, *config, *overrides, *arguments], log, env)
