"""`make destroy`: it deletes a stack with its data, and touches nothing of a protected stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from local.emulator_clients import AWS_ENVIRONMENT, REGION, Outputs, client
from local.stack import deployment
from local.stack.deployment import BUILD
from ops.destroy.data_stores import data_stores
from ops.stack import DeployedStack
from project import template
from project.template import ROOT

pytestmark = pytest.mark.xdist_group("stack")

SMALL = ("OrdersTable", "ThumbnailsBucket", "OrdersDeadLetterQueue", "UserPool", "Staff")
HEARD = {"DeletionProtection": "true", "AlarmEmail": "ops@shop.example"}

type Run = subprocess.CompletedProcess[str]


@pytest.fixture
def here(outputs: Outputs) -> Callable[[str], Any]:
    """A client of a service of the emulator."""
    return partial(client, endpoint=outputs["Endpoint"])


@pytest.fixture
def small(here: Callable[[str], Any]) -> Iterator[DeployedStack]:
    """A stack of some of the template's resources that are retained."""
    stack = DeployedStack(f"small-{uuid.uuid4()}", "the emulator", here)
    make(stack, DeletionProtection="false")
    yield stack
    destroy(stack, typed=stack.name)


def small_template() -> dict[str, Any]:
    """Some of the template's resources that are retained."""
    whole = template.translated()
    part = {name: whole[name] for name in ("Parameters", "Conditions", "Rules")}
    return part | {"Resources": {name: whole["Resources"][name] for name in SMALL}}


def make(stack: DeployedStack, **parameters: str) -> None:
    """Create the small stack, or give it these parameters."""
    request = {
        "StackName": stack.name,
        "TemplateBody": json.dumps(small_template()),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    }
    cloudformation = stack.client("cloudformation")
    existing = [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]]
    is_new = stack.name not in existing
    (cloudformation.create_stack if is_new else cloudformation.update_stack)(**request)
    waiter = cloudformation.get_waiter(f"stack_{'create' if is_new else 'update'}_complete")
    waiter.wait(StackName=stack.name, WaiterConfig={"Delay": 1})


def destroy(stack: DeployedStack, typed: str) -> Run:
    """`make destroy` with this stack and this answer."""
    endpoint = stack.client("cloudformation").meta.endpoint_url
    return subprocess.run(
        [sys.executable, "-m", "ops.destroy", "--stack", stack.name, "--region", REGION],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": endpoint} | AWS_ENVIRONMENT,
        input=f"{typed}\n",
        capture_output=True,
        text=True,
        check=False,
    )


def held(stack: DeployedStack) -> dict[tuple[str, str], str | None]:
    """What the data stores of the stack hold, by type and physical id."""
    stores = data_stores(stack)
    return {
        (kind, each): store.contents(each)
        for kind, store in stores.items()
        for each in stack.resources(kind).values()
    }


def left(stack: DeployedStack, before: Iterable[tuple[str, str]]) -> list[str]:
    """The ids of those that still exist."""
    stores = data_stores(stack)
    return [each for kind, each in before if stores[kind].contents(each) is not None]


def fill(stack: DeployedStack) -> None:
    """Put something into a store of each kind, as hard to delete as it can be."""
    s3, sqs = stack.client("s3"), stack.client("sqs")
    bucket = stack.resources("AWS::S3::Bucket")["ThumbnailsBucket"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        s3.put_object(Bucket=bucket, Key="pictures/ü +%.webp", Body=body)
    s3.put_object(Bucket=bucket, Key="deleted", Body=b"")
    s3.delete_object(Bucket=bucket, Key="deleted")
    s3.create_multipart_upload(Bucket=bucket, Key="half")
    queue = stack.resources("AWS::SQS::Queue")["OrdersDeadLetterQueue"]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    stack.client("dynamodb").put_item(
        TableName=stack.resources("AWS::DynamoDB::Table")["OrdersTable"],
        Item={"orderID": {"S": "one"}},
    )
    stack.client("cognito-idp").admin_create_user(
        UserPoolId=stack.resources("AWS::Cognito::UserPool")["UserPool"], Username="ann"
    )


def test_nothing_is_left_of_the_whole_template(
    outputs: Outputs, here: Callable[[str], Any], tmp_path: Path
) -> None:
    endpoint = outputs["Endpoint"]
    deployment.deploy_beside("throwaway", BUILD / "template.yaml", tmp_path, endpoint)
    stack = DeployedStack("throwaway", "the emulator", here)
    fill(stack)
    before = held(stack)

    run = destroy(stack, typed="throwaway")
    again = destroy(stack, typed="throwaway")

    assert run.returncode == 0, run.stdout + run.stderr
    assert left(stack, before) == []
    assert {kind for kind, _ in before} == set(data_stores(stack))
    assert all(each in run.stdout for _, each in before)
    assert "1 objects, 2 old versions, 1 delete markers, 1 unfinished uploads" in run.stdout
    assert "about 1 messages" in run.stdout
    assert "about 1 items" in run.stdout
    assert "about 1 users" in run.stdout
    assert "kept: API Gateway writes all access logs of this account by it" in run.stdout
    assert (again.returncode, "everything is deleted already" in again.stdout) == (0, True)
    assert here("dynamodb").describe_table(TableName=outputs["OrdersTable"])


def test_a_first_deployment_that_fails_leaves_nothing(here: Callable[[str], Any]) -> None:
    stack = DeployedStack(f"failing-{uuid.uuid4()}", "the emulator", here)
    failing = small_template()
    failing["Resources"]["Wrong"] = {
        "Type": "AWS::SQS::Queue",
        "DependsOn": list(SMALL),
        "Properties": {"VisibilityTimeout": -1},
    }
    cloudformation = here("cloudformation")
    cloudformation.create_stack(
        StackName=stack.name,
        TemplateBody=json.dumps(failing),
        Parameters=[{"ParameterKey": "DeletionProtection", "ParameterValue": "false"}],
    )

    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=stack.name, WaiterConfig={"Delay": 1}
        )

    made = {
        (event["ResourceType"], event["PhysicalResourceId"])
        for event in cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
        if event["ResourceType"] in data_stores(stack)
        and event["ResourceStatus"] == "CREATE_COMPLETE"
    }
    assert len(made) == len(SMALL) - 1  # a group holds nothing by itself
    assert left(stack, made) == []


def test_a_run_that_was_interrupted_is_taken_up_again(small: DeployedStack) -> None:
    fill(small)
    before = held(small)
    cloudformation = small.client("cloudformation")
    [described] = cloudformation.describe_stacks(StackName=small.name)["Stacks"]
    cloudformation.delete_stack(StackName=small.name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=described["StackId"], WaiterConfig={"Delay": 1}
    )
    assert len(left(small, before)) == len(before)

    run = destroy(small, typed=small.name)

    assert run.returncode == 0, run.stdout + run.stderr
    assert left(small, before) == []


@pytest.mark.parametrize("typed", ["", "storefront", "yes"])
def test_another_answer_than_the_name_changes_nothing(small: DeployedStack, typed: str) -> None:
    before = held(small)

    run = destroy(small, typed)

    assert (run.returncode, f"is not {small.name}" in run.stderr) == (1, True)
    assert held(small) == before


def test_a_stack_that_protects_its_data_is_refused_until_it_is_deployed_without(
    small: DeployedStack,
) -> None:
    make(small, **HEARD)
    before = held(small)

    refused = destroy(small, typed=small.name)
    kept = held(small)
    make(small, DeletionProtection="false")
    done = destroy(small, typed=small.name)

    assert refused.returncode == 1
    assert "--parameter-overrides DeletionProtection=false" in refused.stderr
    assert kept == before
    assert done.returncode == 0, done.stdout + done.stderr
    assert left(small, before) == []


def test_termination_protection_is_refused(small: DeployedStack) -> None:
    protect = partial(
        small.client("cloudformation").update_termination_protection, StackName=small.name
    )
    protect(EnableTerminationProtection=True)
    before = held(small)

    run = destroy(small, typed=small.name)
    kept = held(small)
    protect(EnableTerminationProtection=False)

    assert (run.returncode, "--no-enable-termination-protection" in run.stderr) == (1, True)
    assert kept == before


def test_a_table_that_is_protected_by_hand_is_refused(small: DeployedStack) -> None:
    table = small.resources("AWS::DynamoDB::Table")["OrdersTable"]
    dynamodb = small.client("dynamodb")
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    before = held(small)

    run = destroy(small, typed=small.name)
    kept = held(small)
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)

    assert (run.returncode, f"--table-name {table}" in run.stderr) == (1, True)
    assert kept == before
