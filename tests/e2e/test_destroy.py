"""`make destroy`: it deletes a stack with its data, and touches nothing of a protected stack."""

from __future__ import annotations

import copy
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

from local.emulator_clients import REGION, Outputs, client, environment
from local.stack import deployment
from local.stack.builds import BUILD
from ops.destroy.data_stores import data_stores
from ops.stack import DeployedStack
from project import template
from project.template import ROOT

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("stack")]

SMALL = ("OrdersTable", "ThumbnailsBucket", "OrdersDeadLetterQueue", "UserPool", "Staff")
PROTECTED = {"DeletionProtection": "true", "AlarmEmail": "ops@shop.example"}

type Run = subprocess.CompletedProcess[str]


@pytest.fixture
def here(outputs: Outputs) -> Callable[[str], Any]:
    """Creates clients for the emulator."""
    return partial(client, outputs=outputs)


@pytest.fixture
def small(here: Callable[[str], Any]) -> Iterator[DeployedStack]:
    """A stack with some of the template's retained resources."""
    stack = DeployedStack(f"small-{uuid.uuid4()}", "the emulator", here)
    make(stack, DeletionProtection="false")
    yield stack
    destroy(stack, typed=stack.name)


def small_template() -> dict[str, Any]:
    """Return a template with some of the retained resources."""
    whole = template.translated()
    part = {name: whole[name] for name in ("Parameters", "Conditions", "Rules")}
    retained = {name: copy.deepcopy(whole["Resources"][name]) for name in SMALL}
    del retained["UserPool"]["Properties"]["LambdaConfig"]  # its function is not in this stack
    return part | {"Resources": retained}


def make(stack: DeployedStack, **parameters: str) -> None:
    """Create or update the small stack with these parameters."""
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
    """Run `make destroy` for this stack, and type this at the prompt."""
    assert isinstance(stack.client, partial)  # `here`
    return subprocess.run(
        [sys.executable, "-m", "ops.destroy", "--stack", stack.name, "--region", REGION],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environment(stack.client.keywords["outputs"]),
        input=f"{typed}\n",
        capture_output=True,
        text=True,
        check=False,
    )


def contents(stack: DeployedStack) -> dict[tuple[str, str], str | None]:
    """Return the contents of the stack's data stores, by type and physical id."""
    stores = data_stores(stack)
    return {
        (kind, each): store.contents(each)
        for kind, store in stores.items()
        for each in stack.resources(kind).values()
    }


def remaining(stack: DeployedStack, before: Iterable[tuple[str, str]]) -> list[str]:
    """Return the ids of the data stores that still exist."""
    stores = data_stores(stack)
    return [each for kind, each in before if stores[kind].contents(each) is not None]


def fill(stack: DeployedStack) -> None:
    """Add data to a store of each type, including data that is hard to delete."""
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


@pytest.mark.nightly
def test_all_data_of_the_whole_template_is_deleted(
    outputs: Outputs, here: Callable[[str], Any], tmp_path: Path
) -> None:
    deployment.deploy_beside("throwaway", BUILD / "template.yaml", tmp_path, outputs)
    stack = DeployedStack("throwaway", "the emulator", here)
    fill(stack)
    before = contents(stack)

    run = destroy(stack, typed="throwaway")
    again = destroy(stack, typed="throwaway")

    assert run.returncode == 0, run.stdout + run.stderr
    assert remaining(stack, before) == []
    assert {kind for kind, _ in before} == set(data_stores(stack))
    assert all(each in run.stdout for _, each in before)
    assert "1 objects, 2 old versions, 1 delete markers, 1 unfinished uploads" in run.stdout
    assert "about 1 messages" in run.stdout
    assert "about 1 items" in run.stdout
    assert "about 1 users" in run.stdout
    assert "kept: API Gateway uses it to write all access logs of this account" in run.stdout
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
    assert len(made) == len(SMALL) - 1  # a group contains no data
    assert remaining(stack, made) == []


def test_an_interrupted_deletion_can_be_continued(small: DeployedStack) -> None:
    fill(small)
    before = contents(small)
    cloudformation = small.client("cloudformation")
    [described] = cloudformation.describe_stacks(StackName=small.name)["Stacks"]
    cloudformation.delete_stack(StackName=small.name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=described["StackId"], WaiterConfig={"Delay": 1}
    )
    assert len(remaining(small, before)) == len(before)

    run = destroy(small, typed=small.name)

    assert run.returncode == 0, run.stdout + run.stderr
    assert remaining(small, before) == []


@pytest.mark.parametrize("typed", ["", "storefront", "yes"])
def test_nothing_is_deleted_unless_the_name_is_confirmed(small: DeployedStack, typed: str) -> None:
    before = contents(small)

    run = destroy(small, typed)

    assert (run.returncode, f"is not {small.name}" in run.stderr) == (1, True)
    assert contents(small) == before


def test_a_protected_stack_is_refused_until_its_protection_is_turned_off(
    small: DeployedStack,
) -> None:
    make(small, **PROTECTED)
    before = contents(small)

    refused = destroy(small, typed=small.name)
    kept = contents(small)
    make(small, DeletionProtection="false")
    done = destroy(small, typed=small.name)

    assert refused.returncode == 1
    assert "--parameter-overrides DeletionProtection=false" in refused.stderr
    assert kept == before
    assert done.returncode == 0, done.stdout + done.stderr
    assert remaining(small, before) == []


def test_termination_protection_is_refused(small: DeployedStack) -> None:
    protect = partial(
        small.client("cloudformation").update_termination_protection, StackName=small.name
    )
    protect(EnableTerminationProtection=True)
    before = contents(small)

    run = destroy(small, typed=small.name)
    kept = contents(small)
    protect(EnableTerminationProtection=False)

    assert (run.returncode, "--no-enable-termination-protection" in run.stderr) == (1, True)
    assert kept == before


def test_a_table_with_deletion_protection_is_refused(small: DeployedStack) -> None:
    table = small.resources("AWS::DynamoDB::Table")["OrdersTable"]
    dynamodb = small.client("dynamodb")
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    before = contents(small)

    run = destroy(small, typed=small.name)
    kept = contents(small)
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)

    assert (run.returncode, f"--table-name {table}" in run.stderr) == (1, True)
    assert kept == before
