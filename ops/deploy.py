"""Build and deploy to AWS with one set of parameters: `make deploy ENV=dev PARAMETERS="Mfa=ON"`.

`sam build` does not see the parameters of `sam deploy`, and `sam deploy` ignores those in
samconfig.toml if the command line has any. So both commands get all parameters.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from local.architecture import foreign_libraries
from ops.stack import ROOT, StackNotFound, config_env, settings
from project import template
from project.template import WrongParameter

BUILD = ROOT / ".aws-sam" / "build"

_SAM = str(ROOT / ".local" / "sam" / "bin" / "sam")

type Run = Callable[[list[str]], int]
"""Runs a command, and returns its exit code."""


class WrongBuild(Exception):
    """The build cannot be deployed; the text says why."""


def overrides(environment: str, given: Sequence[str]) -> dict[str, str]:
    """Return the template's parameters: those given override samconfig.toml's environment.

    Raises StackNotFound, WrongParameter.
    """
    configured = settings(environment).get("parameter_overrides", {})
    if not isinstance(configured, Mapping):
        raise WrongParameter(
            "samconfig.toml: parameter_overrides must be a table, with one Name = value per line"
        )
    # Without a value, `sam build` uses the template's default, but `sam deploy` keeps the value
    # of the deployed stack.
    default = {"Architecture": template.raw()["Parameters"]["Architecture"]["Default"]}
    named = template.parameters(f"{name}={value}" for name, value in configured.items())
    return default | named | template.parameters(given)


def arguments(parameters: Mapping[str, str]) -> list[str]:
    """Return the parameters as arguments of SAM CLI. The quotes allow spaces in values."""
    return ["--parameter-overrides", *(f'{name}="{v}"' for name, v in parameters.items())]


def of_a_pipeline(environ: Mapping[str, str]) -> list[str]:
    """Return the arguments of `sam deploy` in a pipeline, whose roles are in .github/aws.

    CloudFormation works with the role DEPLOYMENT_ROLE, and packages go to DEPLOYMENT_BUCKET.
    """
    arguments: list[str] = []
    if role := environ.get("DEPLOYMENT_ROLE"):
        arguments += ["--role-arn", role]
    if bucket := environ.get("DEPLOYMENT_BUCKET"):
        arguments += ["--no-resolve-s3", "--s3-bucket", bucket]
    return arguments


def run_sam(
    command: str, environment: str, given: Sequence[str], run: Run, build: Path = BUILD
) -> int:
    """Run `sam build` or `sam deploy`. Raises StackNotFound, WrongParameter, WrongBuild."""
    parameters = overrides(environment, given)
    architecture = parameters["Architecture"]
    if command == "deploy" and (foreign := foreign_libraries(build, architecture)):
        libraries = ", ".join(foreign)
        hint = "run `make deploy`, or run `make build` with the same Architecture"
        raise WrongBuild(f"not built for {architecture}: {libraries}; {hint}")
    words = [_SAM, command, "--config-env", config_env(environment)]
    if command == "deploy":
        words += ["--stack-name", settings(environment)["stack_name"], *of_a_pipeline(os.environ)]
    return run([*words, *arguments(parameters)])


def run_and_clean(command: list[str]) -> int:
    """Run SAM CLI, delete the temporary folders that it leaves, and return its exit code."""
    with TemporaryDirectory() as folder:
        env = os.environ | {"TMPDIR": folder}
        return subprocess.call(command, env=env)  # noqa: S603  # the command is our own


def main(argv: Sequence[str]) -> int:
    match argv:
        case ["build" | "deploy" as command, *given]:
            environment = os.environ.get("ENV", "dev")
            try:
                return run_sam(command, environment, given, run_and_clean)
            except (StackNotFound, WrongBuild, WrongParameter) as error:
                print(error, file=sys.stderr)
                return 1
    print("usage: python -m ops.deploy build | deploy [Name=value …]", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
