"""Resources that a stack retains: their contents, their deletion protection, their deletion.

Every call may be retried: a resource that is already deleted is not an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from ops.stack import DeployedStack

_EMPTYINGS = 3
"""How often to empty a bucket: an upload with an earlier signature may arrive in between."""


class DataStore(Protocol):
    """All resources of one type. `id` is the physical id in CloudFormation."""

    def contents(self, id: str) -> str | None:  # noqa: A002
        """Return how much it contains; None if it does not exist."""

    def protection(self, id: str) -> str | None:  # noqa: A002
        """Return the command that turns its deletion protection off; None if it has none."""

    def delete(self, id: str) -> None:  # noqa: A002
        """Empty and delete it."""


def data_stores(stack: DeployedStack) -> dict[str, DataStore]:
    """Return the resource types that contain data, by their names in CloudFormation."""
    return {
        "AWS::S3::Bucket": Buckets(stack.client("s3")),
        "AWS::DynamoDB::Table": Tables(stack.client("dynamodb")),
        "AWS::SQS::Queue": Queues(stack.client("sqs")),
        "AWS::Cognito::UserPool": UserPools(stack.client("cognito-idp")),
    }


class Buckets:
    """S3 buckets, with versions, delete markers and unfinished multipart uploads."""

    def __init__(self, s3: S3Client) -> None:
        self._s3 = s3

    def contents(self, bucket: str) -> str | None:
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        current = old = markers = 0
        try:
            for page in pages:
                latest = sum(each["IsLatest"] for each in page.get("Versions", ()))
                current += latest
                old += len(page.get("Versions", ())) - latest
                markers += len(page.get("DeleteMarkers", ()))
            uploads = len(self._uploads(bucket))
        except self._s3.exceptions.NoSuchBucket:
            return None
        beside = {"old versions": old, "delete markers": markers, "unfinished uploads": uploads}
        return ", ".join(
            [f"{current:,} objects", *(f"{n:,} {what}" for what, n in beside.items() if n)]
        )

    def protection(self, bucket: str) -> None:  # noqa: ARG002
        return None

    def delete(self, bucket: str) -> None:
        """Empty and delete it. Raises ClientError, for example if new objects keep arriving."""
        for left in reversed(range(_EMPTYINGS)):
            try:
                self._empty(bucket)
                self._s3.delete_bucket(Bucket=bucket)
            except self._s3.exceptions.NoSuchBucket:
                return
            except ClientError as error:
                if error.response["Error"]["Code"] != "BucketNotEmpty" or not left:
                    raise
            else:
                return

    def _empty(self, bucket: str) -> None:
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            objects: Any = [{"Key": o["Key"], "VersionId": o["VersionId"]} for o in found]
            if not objects:
                continue
            answer = self._s3.delete_objects(
                Bucket=bucket, Delete={"Objects": objects, "Quiet": True}
            )
            for refused in answer.get("Errors", ())[:1]:
                raise ClientError({"Error": refused}, "DeleteObjects")
        for key, upload in self._uploads(bucket):
            self._s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)

    def _uploads(self, bucket: str) -> list[tuple[str, str]]:
        pages = self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
        return [(u["Key"], u["UploadId"]) for page in pages for u in page.get("Uploads", ())]


class Tables:
    """DynamoDB tables."""

    def __init__(self, dynamodb: DynamoDBClient) -> None:
        self._dynamodb = dynamodb

    def contents(self, table: str) -> str | None:
        try:
            count = self._dynamodb.describe_table(TableName=table)["Table"].get("ItemCount", 0)
        except self._dynamodb.exceptions.ResourceNotFoundException:
            return None
        return f"about {count:,} items"  # DynamoDB updates this count about every six hours

    def protection(self, table: str) -> str | None:
        described = self._dynamodb.describe_table(TableName=table)["Table"]
        if not described.get("DeletionProtectionEnabled"):
            return None
        return f"aws dynamodb update-table --no-deletion-protection-enabled --table-name {table}"

    def delete(self, table: str) -> None:
        try:
            self._dynamodb.delete_table(TableName=table)
        except self._dynamodb.exceptions.ResourceNotFoundException:
            return
        self._dynamodb.get_waiter("table_not_exists").wait(
            TableName=table, WaiterConfig={"Delay": 2, "MaxAttempts": 150}
        )


class Queues:
    """SQS queues, by their URLs."""

    def __init__(self, sqs: SQSClient) -> None:
        self._sqs = sqs

    def contents(self, url: str) -> str | None:
        try:
            counted = self._sqs.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesDelayed",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )["Attributes"]
        except self._sqs.exceptions.QueueDoesNotExist:
            return None
        return f"about {sum(map(int, counted.values())):,} messages"

    def protection(self, url: str) -> None:  # noqa: ARG002
        return None

    def delete(self, url: str) -> None:
        try:
            self._sqs.delete_queue(QueueUrl=url)
        except self._sqs.exceptions.QueueDoesNotExist:
            return


class UserPools:
    """Cognito user pools. Their groups are deleted with them."""

    def __init__(self, cognito: CognitoIdentityProviderClient) -> None:
        self._cognito = cognito

    def contents(self, pool: str) -> str | None:
        described = self._described(pool)
        return described and f"about {described.get('EstimatedNumberOfUsers', 0):,} users"

    def protection(self, pool: str) -> str | None:
        if (self._described(pool) or {}).get("DeletionProtection") != "ACTIVE":
            return None
        # On a pool that is kept, this command would reset all other settings.
        return (
            f"aws cognito-idp update-user-pool --deletion-protection INACTIVE --user-pool-id {pool}"
        )

    def delete(self, pool: str) -> None:
        described = self._described(pool)
        if described is None:
            return
        if domain := described.get("Domain"):
            self._cognito.delete_user_pool_domain(UserPoolId=pool, Domain=domain)
        self._cognito.delete_user_pool(UserPoolId=pool)

    def _described(self, pool: str) -> Any:
        try:
            return self._cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
        except self._cognito.exceptions.ResourceNotFoundException:
            return None
