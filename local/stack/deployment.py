"""Deployments of the template to the emulator by SAM CLI, as `make deploy` does to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local.emulator_clients import STACK, Outputs, client, environment
from local.stack import builds
from local.stack.ports import HOST
from local.stack.processes import MARK, mark_of
from local.stack.sam_cli import SENDER, sam

BUCKET = "deployments"  # where `sam deploy` puts its packages, by samconfig.toml


class StackFailed(Exception):
    """The stack cannot be started or updated. The text says why, and what to do."""


def deploy(directory: Path, outputs: Outputs, parameters: Mapping[str, str]) -> Outputs:
    """Deploy the build with these parameters to the emulator of the outputs.

    Returns the outputs of the template. Raises CommandFailed, and StackFailed if there is no build
    any more.
    """
    client("s3", outputs).create_bucket(Bucket=BUCKET)
    ses = client("sesv2", outputs)
    with suppress(ses.exceptions.AlreadyExistsException):  # of an earlier deployment
        ses.create_email_identity(EmailIdentity=SENDER)
    env = _deploying(directory, outputs) | {MARK: mark_of(directory)}
    arguments = [
        "--template-file",
        str(builds.BUILD / "template.yaml"),
        "--use-json",
        "--no-progressbar",
    ]
    with builds.kept() as exists:
        if not exists:
            raise StackFailed("another command has failed to build; run this one again")
        sam("deploy", directory, env, parameters, *arguments)
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
    sam("deploy", directory, _deploying(Path(outputs["Directory"]), outputs), {}, *arguments)
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


def _deploying(directory: Path, outputs: Outputs) -> dict[str, str]:
    """Return the variables with which SAM CLI deploys to the emulator of this directory."""
    return environment(outputs) | {
        "NO_PROXY": HOST,
        "no_proxy": HOST,
        "SAM_CLI_POLL_DELAY": "0.2",  # in seconds; the emulator is fast
        # It leaves an empty folder for each package. These go with the stack.
        "TMPDIR": str(directory / "tmp"),
    }
