"""The template, built and deployed to the emulator by SAM CLI as it would be to AWS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from local.account import AWS_ENVIRONMENT, STACK, Outputs, client
from local.digest import digest
from local.processes import tail
from local.template import ROOT

BUCKET = "deployments"  # samconfig.toml's, for what `sam deploy` packages


class StackFailed(Exception):
    """A step of the start failed; the text says which, with the end of its log."""


def sources() -> str:
    """A digest of all that is built and deployed."""
    return digest("template.yaml", "samconfig.toml", "src", "layers")


def is_built(directory: Path) -> bool:
    """Whether the build in this stack's directory is of the present sources."""
    built = directory / "build" / "sources"
    return built.exists() and built.read_text() == sources()


def build(directory: Path) -> None:
    """Build into this stack's directory. Raises StackFailed."""
    of = sources()
    target, cache = directory / "build", directory / "cache"
    _sam("build", directory, {}, "--build-dir", str(target), "--cache-dir", str(cache))
    (target / "sources").write_text(of)


def deploy(directory: Path, endpoint: str) -> Outputs:
    """Deploy the build, and answer the template's outputs. Raises StackFailed."""
    client("s3", endpoint).create_bucket(Bucket=BUCKET)
    template = directory / "build" / "template.yaml"
    env = {
        "AWS_ENDPOINT_URL": endpoint,
        "SAM_CLI_POLL_DELAY": "0.2",  # s; the emulator is done at once
    }
    _sam("deploy", directory, env, "--template-file", str(template), "--no-progressbar")
    [stack] = client("cloudformation", endpoint).describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _sam(command: str, directory: Path, env: dict[str, str], *arguments: str) -> None:
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("AWS_")}
    # Where python3.13 and its pip are, which `sam build` looks for.
    path = os.pathsep.join([str(ROOT / ".local/uv/bin"), os.environ["PATH"]])
    log = directory / f"{command}.log"
    config = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
    with log.open("wb") as output:
        done = subprocess.run(
            [str(ROOT / ".local/sam/bin/sam"), command, *config, *arguments],
            cwd=ROOT,
            env=inherited | AWS_ENVIRONMENT | {"PATH": path, "SAM_CLI_TELEMETRY": "0"} | env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise StackFailed(f"sam {command} failed; {log} ends:\n{tail(log)}")
