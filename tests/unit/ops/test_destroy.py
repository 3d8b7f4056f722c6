"""`make destroy` in cases that the emulator cannot show: late uploads, refusals, other owners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from ops.destroy.command import Destruction, Refused
from ops.destroy.data_stores import Buckets, DataStore, Queues, Tables, UserPools
from ops.destroy.stack_record import NotDeleted
from ops.stack import DeployedStack, StackNotFound
from project.fake_aws import emulated_aws

STACK_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/1"
OTHER_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/other/1"
POLICY = (
    '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}'
)


class CloudFormation:
    """A fake CloudFormation with one stack, which retains all its resources."""

    def __init__(self, resources: dict[str, tuple[str, str]]) -> None:
        self.resources = resources
        self.parameters: dict[str, str] = {}
        self.status = "CREATE_COMPLETE"
        self.failure = ""
        """Why the stack cannot be deleted; empty if it can."""
        self.owners: dict[str, str] = {}
        """Ids of other stacks, by the physical ids of the resources that they have imported."""

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if self.status == "DELETE_COMPLETE" or StackName != "shop":
            raise error("ValidationError", f"Stack with id {StackName} does not exist")
        parameters = [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in self.parameters.items()
        ]
        return {
            "Stacks": [{"StackId": STACK_ID, "StackStatus": self.status, "Parameters": parameters}]
        }

    def describe_stack_resources(self, PhysicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        if PhysicalResourceId not in self.owners:
            raise error("ValidationError", f"Stack for {PhysicalResourceId} does not exist")
        owner = self.owners[PhysicalResourceId]
        return {"StackResources": [{"StackId": owner, "ResourceStatus": "IMPORT_COMPLETE"}]}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        assert StackName == STACK_ID
        self.status = "DELETE_FAILED" if self.failure else "DELETE_COMPLETE"

    def get_waiter(self, name: str) -> CloudFormation:
        assert name == "stack_delete_complete"
        return self

    def wait(self, StackName: str, **_: Any) -> None:  # noqa: N803
        assert StackName == STACK_ID
        if self.failure:
            response: Any = {"Stacks": [{"StackStatusReason": self.failure}]}
            raise WaiterError("stack_delete_complete", "Waiter failed", response)

    def get_paginator(self, operation: str) -> Pages:
        assert operation in ("list_stack_resources", "describe_stack_events", "list_stacks")
        return Pages(self)


class Pages:
    """A fake paginator."""

    def __init__(self, cloudformation: CloudFormation) -> None:
        self._cloudformation = cloudformation

    def paginate(self, **_: Any) -> Pages:
        return self

    def search(self, expression: str) -> list[dict[str, str]]:
        gone = self._cloudformation.status == "DELETE_COMPLETE"
        if expression == "StackSummaries[]":
            return [{"StackName": "shop", "StackId": STACK_ID}] if gone else []
        if expression == "StackEvents[]" and not gone:
            return []
        return [
            {
                "LogicalResourceId": name,
                "ResourceType": kind,
                "PhysicalResourceId": at,
                "ResourceStatus": "DELETE_SKIPPED" if gone else "CREATE_COMPLETE",
            }
            for name, (kind, at) in self._cloudformation.resources.items()
        ]


class Shop:
    """A stack with two buckets."""

    def __init__(self) -> None:
        self.s3: Any = boto3.client("s3")
        for bucket in ("first", "second"):
            self.s3.create_bucket(Bucket=bucket)
            self.s3.put_object(Bucket=bucket, Key="key", Body=b"")
        self.cloudformation = CloudFormation(
            {
                "FirstBucket": ("AWS::S3::Bucket", "first"),
                "SecondBucket": ("AWS::S3::Bucket", "second"),
            }
        )
        self.stack = DeployedStack("shop", "a test", self._client)

    def _client(self, service: str) -> Any:
        fakes = {"cloudformation": self.cloudformation, "s3": self.s3}
        return fakes.get(service) or boto3.client(service)  # type: ignore[call-overload]

    def destroy(self, confirmation: str = "shop") -> bool:
        return Destruction(self.stack).run(confirmation)

    @property
    def buckets(self) -> list[str]:
        return [each["Name"] for each in self.s3.list_buckets()["Buckets"]]


def error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Any")


@pytest.fixture
def shop() -> Iterator[Shop]:
    with emulated_aws():
        yield Shop()


@pytest.mark.slow
def test_a_bucket_with_more_than_one_page_of_objects_can_be_deleted_twice(shop: Shop) -> None:
    for n in range(1001):  # as put_object does, without 1,001 requests
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object("first", f"{n}", b"")
    buckets = Buckets(shop.s3)
    before = buckets.contents("first")

    buckets.delete("first")
    buckets.delete("first")

    assert before == "1,002 objects"
    assert buckets.contents("first") is None
    assert shop.buckets == ["second"]


def test_an_upload_that_arrives_while_the_bucket_is_emptied_is_deleted_too(shop: Shop) -> None:
    uploads = iter(["late"])

    def upload(**_: Any) -> None:
        for key in uploads:
            shop.s3.put_object(Bucket="first", Key=key, Body=b"")

    shop.s3.meta.events.register("before-call.s3.DeleteBucket", upload)

    Buckets(shop.s3).delete("first")

    assert shop.buckets == ["second"]


def test_an_object_that_cannot_be_deleted_is_an_error(shop: Shop) -> None:
    def refuse(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Errors"] = [{"Code": "AccessDenied", "Message": "it is locked", "Key": "key"}]

    shop.s3.meta.events.register("after-call.s3.DeleteObjects", refuse)

    with pytest.raises(ClientError, match="it is locked"):
        Buckets(shop.s3).delete("first")


@pytest.mark.slow
def test_tables_queues_and_user_pools_can_be_deleted_twice(shop: Shop) -> None:
    dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
    cognito = boto3.client("cognito-idp")
    dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=pool, Domain="shop")
    stores: list[tuple[DataStore, str]] = [
        (Tables(dynamodb), "orders"),
        (Queues(sqs), url),
        (UserPools(cognito), pool),
    ]
    before = [store.contents(each) for store, each in stores]

    for store, each in stores * 2:
        store.delete(each)

    assert before == ["about 0 items", "about 0 messages", "about 0 users"]
    assert [store.contents(each) for store, each in stores] == [None, None, None]
    assert cognito.describe_user_pool_domain(Domain="shop")["DomainDescription"] == {}


def test_the_error_for_a_protected_user_pool_has_the_command_to_unprotect_it(shop: Shop) -> None:
    cognito = boto3.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="users", DeletionProtection="ACTIVE")["UserPool"]["Id"]
    shop.cloudformation.resources["UserPool"] = ("AWS::Cognito::UserPool", pool)

    with pytest.raises(Refused, match=f"INACTIVE --user-pool-id {pool}"):
        shop.destroy()

    assert shop.buckets == ["first", "second"]


@pytest.mark.slow
def test_a_log_role_is_kept_while_the_account_uses_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    iam, gateway = boto3.client("iam"), boto3.client("apigateway")
    made = iam.create_role(RoleName="logs", AssumeRolePolicyDocument="{}")["Role"]
    managed = iam.create_policy(PolicyName="push", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="logs", PolicyArn=managed)
    set_to = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": made["Arn"]}]
    gateway.update_account(patchOperations=set_to)
    shop.cloudformation.resources |= {
        "ApiGatewayAccount": ("AWS::ApiGateway::Account", "shop-account-1"),
        "ApiGatewayLogRole": ("AWS::IAM::Role", "logs"),
    }

    is_done = shop.destroy()
    said = capsys.readouterr().out
    second = shop.destroy()
    kept = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    other = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": f"{made['Arn']}-2"}]
    gateway.update_account(patchOperations=other)
    third = shop.destroy()

    assert (is_done, second, third) == (True, True, True)
    assert "kept: API Gateway uses it to write all access logs of this account" in said
    assert kept == ["logs"]
    assert iam.list_roles()["Roles"] == []


def test_a_resource_that_cannot_be_deleted_does_not_stop_the_others(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(params: dict[str, Any], **_: Any) -> None:
        if params["Bucket"] == "first":
            raise error("AccessDenied", "not this one")

    shop.s3.meta.events.register("before-parameter-build.s3.DeleteBucket", refuse)

    is_done = shop.destroy()

    assert not is_done
    assert "not this one" in capsys.readouterr().out
    assert shop.buckets == ["first"]


def test_a_resource_of_an_unsupported_type_is_reported(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.cloudformation.resources["Domain"] = ("AWS::OpenSearchService::Domain", "shop-domain")

    is_done = shop.destroy()

    assert not is_done
    assert "shop-domain  not deleted: delete it manually" in capsys.readouterr().out
    assert shop.buckets == []


def test_a_resource_that_another_stack_has_imported_is_kept(shop: Shop) -> None:
    shop.cloudformation.status = "DELETE_COMPLETE"
    shop.cloudformation.owners = {"first": OTHER_ID, "second": STACK_ID}

    shop.destroy()

    assert shop.buckets == ["first"]


def test_a_stack_that_cannot_be_deleted_says_why_and_keeps_its_data(shop: Shop) -> None:
    shop.cloudformation.failure = "a bucket of somebody else is not empty"

    with pytest.raises(NotDeleted, match="a bucket of somebody else is not empty"):
        shop.destroy()

    assert shop.buckets == ["first", "second"]


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"])
def test_a_first_deployment_that_failed_can_be_destroyed(shop: Shop, status: str) -> None:
    """Such a stack cannot be updated, so its parameter cannot be changed."""
    shop.cloudformation.parameters = {"DeletionProtection": "true"}
    shop.cloudformation.status = status

    is_done = shop.destroy()

    assert is_done, "resources are left"
    assert shop.buckets == []


def test_an_unknown_stack_is_an_error(shop: Shop) -> None:
    stack = DeployedStack("nobody", "a test", shop.stack.client)

    with pytest.raises(StackNotFound, match="there is no stack nobody"):
        Destruction(stack).run("nobody")
