"""Build the template with SAM CLI and deploy it to the emulator, as `make deploy` does to AWS."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local.emulator_clients import AWS_ENVIRONMENT, STACK, Outputs, client, environment
from local.stack.ports import HOST
from local.stack.processes import MARK, mark_of
from project import template
from project.commands import run
from project.digest import digest
from project.template import ROOT

BUILD = ROOT / ".local/build"
"""The build of the current sources for this machine, once `build` has run. All stacks share it."""

_LOCK = BUILD.parent / "cache/lock"  # of the build

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


# What pip needs for downloads, and nothing else of the developer's environment.
_INHERITED = re.compile(
    "HOME$|LANG$|LC_|(HTTPS?|ALL|NO)_PROXY$|PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE$|TMPDIR$",
    re.IGNORECASE,
)


class StackFailed(Exception):
    """The stack cannot be started or updated. The text says why, and what to do."""


def sources() -> str:
    """Return a digest of everything that is built and deployed."""
    return digest("template.yaml", "samconfig.toml", "src", "layers")


def build(architecture: str = ARCHITECTURE, mark: str = "") -> Path:
    """Return the folder of the build, made if the sources have changed. Raises CommandFailed.

    `mark` is the mark of the stack that waits for it.
    """
    for_this_machine = architecture == ARCHITECTURE
    folder = BUILD if for_this_machine else BUILD.with_name(f"{BUILD.name}-{architecture}")
    logs, cache, built = BUILD.parent, BUILD.parent / "cache", folder / "sources"
    cache.mkdir(parents=True, exist_ok=True)
    with _LOCK.open("w") as lock:
        # Stacks that start at the same time share one build. SAM CLI inherits the lock, so nobody
        # builds in the same folder while it goes on without the command that started it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        current = sources()
        if built.exists() and built.read_text() == current:
            return folder
        built.unlink(missing_ok=True)
        parameters = {"Architecture": architecture}
        # A build removes everything from its cache that it does not use itself.
        arguments = ["--build-dir", str(folder), "--cache-dir", str(cache / architecture)]
        _sam("build", logs, {MARK: mark}, parameters, *arguments, keep_open=[lock.fileno()])
        _write_as_json(folder / "template.yaml")
        if for_this_machine and platform.system() != "Linux":
            _install_for_this_machine(logs / "install.log")
        compiler: list[str | Path] = [_PYTHON / "python3.13", *_COMPILE, folder]
        run("compileall", compiler, logs / "compile.log", keep_open=[lock.fileno()])
        built.write_text(current)
    return folder


def deploy(directory: Path, outputs: Outputs, parameters: Mapping[str, str]) -> Outputs:
    """Deploy the build with these parameters to the emulator of the outputs.

    Returns the outputs of the template. Raises CommandFailed, and StackFailed if there is no build
    any more.
    """
    client("s3", outputs).create_bucket(Bucket=BUCKET)
    env = _deploying(directory, outputs) | {MARK: mark_of(directory)}
    arguments = ["--template-file", str(BUILD / "template.yaml"), "--use-json", "--no-progressbar"]
    with _LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # no other command builds meanwhile
        if not (BUILD / "sources").exists():
            raise StackFailed("another command has failed to build; run this one again")
        _sam("deploy", directory, env, parameters, *arguments)
    return _outputs(_deployed(outputs))


def is_deployed(outputs: Outputs) -> bool:
    """Return whether the stack exists."""
    try:
        stack = _deployed(outputs)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return False
    return bool(stack["StackStatus"] != "DELETE_COMPLETE")


def deploy_beside(name: str, template: Path, directory: Path, outputs: Outputs) -> Outputs:
    """Deploy another template, which needs no build, under this name. Raises CommandFailed."""
    arguments = ["--stack-name", name, "--template-file", str(template), "--no-progressbar"]
    _sam("deploy", directory, _deploying(Path(outputs["Directory"]), outputs), {}, *arguments)
    return _outputs(_deployed(outputs, name))


def reconfigure(outputs: Outputs, parameters: Mapping[str, str]) -> Outputs:
    """Set parameters of the deployed stack and return its outputs. Raises StackFailed.

    `sam deploy` could do the same, but takes several times as long.
    """
    current = {
        each["ParameterKey"]: each["ParameterValue"] for each in _deployed(outputs)["Parameters"]
    }
    if parameters.items() <= current.items():
        return _outputs(_deployed(outputs))
    cloudformation = client("cloudformation", outputs)
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
    return _outputs(_deployed(outputs))


def _deployed(outputs: Outputs, name: str = STACK) -> dict[str, Any]:
    [stack] = client("cloudformation", outputs).describe_stacks(StackName=name)["Stacks"]
    return stack  # type: ignore[no-any-return]


def _outputs(stack: dict[str, Any]) -> Outputs:
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _write_as_json(file: Path) -> None:
    """Write a built template as JSON, because SAM CLI needs seconds for each time it reads YAML."""
    file.write_text(json.dumps(template.parsed(file.read_text())))


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


def _deploying(directory: Path, outputs: Outputs) -> dict[str, str]:
    """Return the variables with which SAM CLI deploys to the emulator of this directory."""
    return environment(outputs) | {
        "NO_PROXY": HOST,
        "no_proxy": HOST,
        "SAM_CLI_POLL_DELAY": "0.2",  # in seconds; the emulator is fast
        # It leaves an empty folder for each package. These go with the stack.
        "TMPDIR": str(directory / "tmp"),
    }


def _sam(
    command: str,
    directory: Path,
    env: dict[str, str],
    parameters: Mapping[str, str],
    *arguments: str,
    keep_open: Sequence[int] = (),
) -> None:
    inherited = {name: value for name, value in os.environ.items() if _INHERITED.match(name)}
    path = os.pathsep.join([str(_PYTHON), os.environ["PATH"]])
    env = (
        inherited
        | AWS_ENVIRONMENT
        | {
            "PATH": path,
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(ROOT / ".local" / "sam-cli"),  # not in the home folder
        }
        | env
    )
    sam = ROOT / ".local/sam/bin/sam"
    config: list[str | Path] = ["--config-file", ROOT / "samconfig.toml", "--config-env", "local"]
    values = {**PARAMETERS, **parameters}
    overrides = ["--parameter-overrides", *(f"{name}={v}" for name, v in values.items())]
    log = directory / f"{command}.log"
    words = [sam, command, *config, *overrides, *arguments]
    run(f"sam {command}", words, log, env, keep_open=keep_open)
