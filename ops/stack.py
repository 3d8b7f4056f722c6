"""A deployed stack, local or on AWS: how it is found, its resources, and clients for it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import boto3

from local.emulator_clients import client

ROOT = Path(__file__).resolve().parent.parent

PREVIEW = re.compile(r"preview-([0-9]+)")
"""The environment of a pull request, by its number."""


class StackNotFound(Exception):
    """No stack was found. The text says how to select one."""


@dataclass(frozen=True)
class DeployedStack:
    """A stack. `place` says where it runs, in words. `client` returns a client of a service.

    `gateway` is the address of the API if it differs from the one in the outputs.
    """

    name: str
    place: str
    client: Callable[..., Any]
    gateway: str = ""

    @property
    def api(self) -> str:
        """The address of the API."""
        return self.gateway or self.outputs["ApiUrl"]

    @property
    def is_emulated(self) -> bool:
        """Whether an emulator answers, not AWS."""
        return "amazonaws." not in self.client("sts").meta.endpoint_url

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of the template."""
        listed = self._description.get("Outputs", [])
        return {each["OutputKey"]: each["OutputValue"] for each in listed}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters with which the stack was deployed."""
        listed = self._description.get("Parameters", [])
        return {each["ParameterKey"]: each["ParameterValue"] for each in listed}

    def resources(self, resource_type: str) -> dict[str, str]:
        """Return the physical ids of all resources of a type, by logical id."""
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in self._resources
            if resource["ResourceType"] == resource_type
        }

    @cached_property
    def _description(self) -> dict[str, Any]:
        found = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        [description] = found
        return description  # type: ignore[no-any-return]

    @cached_property
    def _resources(self) -> list[dict[str, str]]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        found = pages.paginate(StackName=self.name).search("StackResourceSummaries[]")
        return [resource for resource in found if "PhysicalResourceId" in resource]


def find_stack(name: str | None, region: str | None, root: Path = ROOT) -> DeployedStack:
    """Return the stack with this name, or the stack of the environment `ENV`, or the local stack.

    `API_URL` is the address of the API of a deployed stack, if it differs from its outputs.
    Raises StackNotFound.
    """
    environment = os.environ.get("ENV")
    if name is None and environment:
        configured = settings(environment, root)
        name, region = configured["stack_name"], region or configured.get("region")
    if name is not None:
        session = boto3.Session(region_name=region)
        place = f"Stack {name} in {session.region_name}"
        return DeployedStack(name, place, session.client, os.environ.get("API_URL", ""))
    try:
        outputs = json.loads((root / ".local" / "outputs.json").read_text())
    except (FileNotFoundError, ValueError):
        raise StackNotFound(
            "no local stack is running: start it with `make up`, or select a stack on AWS with "
            "ENV or --stack"
        ) from None
    name = outputs["Stack"]
    place = f"Local stack {name} at {outputs['Endpoint']}"
    return DeployedStack(
        name, place, partial(client, outputs=outputs), outputs.get("GatewayUrl", "")
    )


def settings(environment: str, root: Path = ROOT) -> dict[str, Any]:
    """Return the settings of an environment in samconfig.toml. Raises StackNotFound.

    Each pull request has an environment, such as `preview-12`, with the settings of `preview` and
    a stack with its number.
    """
    samconfig = tomllib.loads((root / "samconfig.toml").read_text())
    try:
        commands = samconfig[config_env(environment)]
    except KeyError:
        raise StackNotFound(f"samconfig.toml has no environment {environment!r} (ENV)") from None
    found: dict[str, Any] = {}
    for command in ("global", "deploy"):
        found |= commands.get(command, {}).get("parameters", {})
    if preview := PREVIEW.fullmatch(environment):
        found["stack_name"] += f"-{preview[1]}"
    return found


def config_env(environment: str) -> str:
    """SAM CLI's name for an environment: `dev` is its default."""
    if PREVIEW.fullmatch(environment):
        return "preview"
    return "default" if environment == "dev" else environment
