"""The template, built and deployed to the emulator by SAM CLI as it would be to AWS."""

from __future__ import annotations

import fcntl
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local import template
from local.account import AWS_ENVIRONMENT, STACK, Outputs, client
from local.digest import digest
from local.processes import tail
from local.template import ROOT

BUILD = ROOT / ".local/build"
"""The build of the present sources for this machine, once `build` has run; all stacks share it."""

BUCKET = "deployments"  # samconfig.toml's, for what `sam deploy` packages

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"

PARAMETERS = {
    "Architecture": ARCHITECTURE,  # the functions run on this machine
    "DeletionProtection": "false",
    "RequireTls": "false",  # the emulator speaks plain HTTP
}

# SAM's builder for Python leaves all bytecode out, and Lambda cannot keep what it compiles.
_COMPILE = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")

_PYTHON = ROOT / ".local/uv/bin"  # where python3.13 and its pip are


class StackFailed(Exception):
    """A step of the start failed; the text says which, with the end of its log."""


def sources() -> str:
    """A digest of all that is built and deployed."""
    return digest("template.yaml", "samconfig.toml", "src", "layers")


def build(architecture: str = ARCHITECTURE) -> Path:
    """The folder of the build, made if the sources have changed. Raises StackFailed."""
    of_this_machine = architecture == ARCHITECTURE
    folder = BUILD if of_this_machine else BUILD.with_name(f"{BUILD.name}-{architecture}")
    logs, cache, of = BUILD.parent, BUILD.parent / "cache", folder / "sources"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # stacks that start at once share one build
        present = sources()
        if of.exists() and of.read_text() == present:
            return folder
        of.unlink(missing_ok=True)
        parameters = {"Architecture": architecture}
        # A build removes from its cache what it does not use itself.
        arguments = ["--build-dir", str(folder), "--cache-dir", str(cache / architecture)]
        _sam("build", logs, {}, parameters, *arguments)
        if of_this_machine and platform.system() != "Linux":
            _install_for_this_machine(logs / "install.log")
        run("compileall", [_PYTHON / "python3.13", *_COMPILE, folder], logs / "compile.log")
        of.write_text(present)
    return folder


def deploy(directory: Path, endpoint: str, parameters: Mapping[str, str]) -> Outputs:
    """Deploy the build by these parameters, and answer its outputs. Raises StackFailed."""
    client("s3", endpoint).create_bucket(Bucket=BUCKET)
    env = {
        "AWS_ENDPOINT_URL": endpoint,
        "SAM_CLI_POLL_DELAY": "0.2",  # s; the emulator is done at once
    }
    arguments = ["--template-file", str(BUILD / "template.yaml"), "--no-progressbar"]
    _sam("deploy", directory, env, parameters, *arguments)
    return _outputs(_deployed(endpoint))


def deploy_beside(name: str, template: Path, directory: Path, endpoint: str) -> Outputs:
    """Deploy another template, that needs no build, as a stack of this name. Raises StackFailed."""
    env = {"AWS_ENDPOINT_URL": endpoint, "SAM_CLI_POLL_DELAY": "0.2"}
    arguments = ["--stack-name", name, "--template-file", str(template), "--no-progressbar"]
    _sam("deploy", directory, env, {}, *arguments)
    return _outputs(_deployed(endpoint, name))


def reconfigure(endpoint: str, parameters: Mapping[str, str]) -> Outputs:
    """Give what is deployed these parameters, and answer its outputs. Raises StackFailed.

    The emulator's change sets, by which `sam deploy` works, miss a change of parameters alone.
    """
    present = {
        each["ParameterKey"]: each["ParameterValue"] for each in _deployed(endpoint)["Parameters"]
    }
    if parameters.items() <= present.items():
        return _outputs(_deployed(endpoint))
    cloudformation = client("cloudformation", endpoint)
    try:
        cloudformation.update_stack(
            StackName=STACK,
            UsePreviousTemplate=True,
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in {**present, **parameters}.items()
            ],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        cloudformation.get_waiter("stack_update_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1}
        )
    except (ClientError, WaiterError) as error:
        raise StackFailed(f"the parameters were not taken: {error}") from error
    return _outputs(_deployed(endpoint))


def run(what: str, command: list[str | Path], log: Path, env: dict[str, str] | None = None) -> None:
    """Run a command to its end in the project's folder. Raises StackFailed, with the log's end."""
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise StackFailed(f"{what} failed; {log} ends:\n{tail(log)}")


def _deployed(endpoint: str, name: str = STACK) -> dict[str, Any]:
    [stack] = client("cloudformation", endpoint).describe_stacks(StackName=name)["Stacks"]
    return stack  # type: ignore[no-any-return]


def _outputs(stack: dict[str, Any]) -> Outputs:
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _install_for_this_machine(log: Path) -> None:
    """Install functions' own packages once more: SAM has built them for Lambda, which is Linux."""
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
