"""One deployed stack, on this machine or on AWS: which it is, its clients, its resources."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parent.parent


class NoStack(Exception):
    """There is no stack to talk to; the text says how to name one."""


@dataclass(frozen=True)
class Stack:
    """A stack. `client` makes a client of the service it is given.

    `gateway` is the address of the API where it is not the one that the outputs say.
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
        """Whether something else than AWS answers."""
        return "amazonaws." not in self.client("sts").meta.endpoint_url

    @cached_property
    def outputs(self) -> dict[str, str]:
        """What the template gives out."""
        listed = self._description.get("Outputs", [])
        return {each["OutputKey"]: each["OutputValue"] for each in listed}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The template's parameters as the stack was deployed by them."""
        listed = self._description.get("Parameters", [])
        return {each["ParameterKey"]: each["ParameterValue"] for each in listed}

    def resources(self, kind: str) -> dict[str, str]:
        """Physical ids of one type's resources (`AWS::SQS::Queue`) by their logical ids."""
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in self._resources
            if resource["ResourceType"] == kind
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


def find_stack(name: str | None, region: str | None, root: Path = ROOT) -> Stack:
    """The stack of that name, else the environment's of `ENV`, else the local one.

    `API_URL` is where the API of a deployed one answers, if not where its outputs say.
    Raises NoStack.
    """
    environment = os.environ.get("ENV")
    if name is None and environment:
        configured = settings(environment, root)
        name, region = configured["stack_name"], region or configured.get("region")
    if name is not None:
        session = boto3.Session(region_name=region)
        place = f"Stack {name} in {session.region_name}"
        return Stack(name, place, session.client, os.environ.get("API_URL", ""))
    try:
        outputs = json.loads((root / ".local" / "outputs.json").read_text())
    except FileNotFoundError:
        raise NoStack("no local stack (`make up`); for one on AWS give --stack or ENV") from None
    session = boto3.Session("test", "test", region_name=outputs["Region"])
    client = partial(session.client, endpoint_url=outputs["Endpoint"])
    name = outputs["Stack"]
    place = f"Local stack {name} at {outputs['Endpoint']}"
    return Stack(name, place, client, outputs.get("GatewayUrl", ""))


def settings(environment: str, root: Path = ROOT) -> dict[str, Any]:
    """What samconfig.toml says of an environment's deployment. Raises NoStack."""
    samconfig = tomllib.loads((root / "samconfig.toml").read_text())
    try:
        commands = samconfig[config_env(environment)]
    except KeyError:
        raise NoStack(f"samconfig.toml has no environment {environment!r} (ENV)") from None
    found: dict[str, Any] = {}
    for command in ("global", "deploy"):
        found |= commands.get(command, {}).get("parameters", {})
    return found


def config_env(environment: str) -> str:
    """SAM CLI's name for an environment: `dev` is its default."""
    return "default" if environment == "dev" else environment
