"""The emulator as it is published, without local/emulator, and with roles enforced."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from local.emulator_clients import AWS_ENVIRONMENT, REGION, client
from local.stack.ports import HOST, answers, free_port
from local.stack.processes import Process
from local.stack_probe import wait_for
from project.commands import tail
from project.template import ROOT
from tests.harness.functions import create_function

PYTHON = ROOT / ".local/emulator/bin/python"

ROOT_USER = {"AccessKeyId": "test", "SecretAccessKey": "test"}

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com", "AWS": "*"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def run(script: str, **env: str) -> Any:
    """Run a script by the emulator's Python, beside the changes. Returns the JSON it prints."""
    folder = ROOT / "local/emulator"
    command = [str(PYTHON), "-c", script]
    ended = subprocess.run(
        command, cwd=folder, env=os.environ | env, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    url: str

    def client(self, service: str, **options: Any) -> Any:
        """Return a client with all permissions."""
        return client(service, {"Endpoint": self.url, **ROOT_USER}, **options)

    def role(self, *actions: str, resource: str = "*") -> str:
        """Create a role with these permissions, for everything by default. Returns its ARN."""
        iam, name = self.client("iam"), unique("role")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        allow = {"Effect": "Allow", "Action": actions, "Resource": resource}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=policy)
        return arn

    def client_of(self, role: str, service: str) -> Any:
        """Return a client with the permissions of this role."""
        session = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
        credentials = session["Credentials"]
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    def function(self, code: str, **settings: Any) -> str:
        """Create a function with this module. Returns its name."""
        return create_function(self.client("lambda"), code, self.role("*"), **settings)

    def lines(self, function: str) -> list[str]:
        """Return what a function has written to its log, except for Lambda's own lines."""
        logs = self.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function}")
        return [
            line
            for group in groups["logGroups"]
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
            for line in event["message"].splitlines()
            if line.startswith("got ")
        ]

    def stack(self, template: str, **parameters: str) -> dict[str, str]:
        """Create a stack. Returns its outputs."""
        cloudformation, name = self.client("cloudformation"), unique("stack")
        values = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ]
        cloudformation.create_stack(StackName=name, TemplateBody=template, Parameters=values)
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1}
        )
        [created] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in created.get("Outputs", ())}


def unique(name: str) -> str:
    """Return a name that no other test uses."""
    return f"{name}-{uuid.uuid4()}"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("emulator")
    port = free_port(0)
    env = {"BIND_HOST": HOST, "GATEWAY_PORT": str(port), "TMPDIR": str(folder), "AUTH": "true"}
    off = {"STATE_DIR": str(folder), "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    command = [str(PYTHON), "-c", "from ministack.app import main; main()"]
    path = {"PATH": os.environ["PATH"]}
    server = Process.start(command, folder / "log", path | AWS_ENVIRONMENT | env | off)
    url = f"http://{HOST}:{port}"
    try:
        assert wait_for(
            "the emulator",
            lambda: answers(port, "/_ministack/ready", "") or not server.is_running,
            seconds=60,
        )
        assert server.is_running, tail(folder / "log")
        yield Emulator(url)
    finally:
        server.stop()


@pytest.fixture
def role_client(emulator: Emulator) -> Callable[..., Any]:
    """Return a client that has only the permission for one action, for everything by default."""

    def with_permission(service: str, action: str, resource: str = "*") -> Any:
        return emulator.client_of(emulator.role(action, resource=resource), service)

    return with_permission
