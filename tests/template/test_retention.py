"""Retention: what outlives the stack, what a failed deployment leaves, and what expires."""

from collections.abc import Iterator

from project.template import Template
from tests.template.rules import changed, resources, rule, without

TEMPORARY = {"IdempotencyTable", "ConnectionsTable"}
"""Tables whose rows expire: within two weeks, and within hours. Clients can repeat requests."""

QUEUES_OF_COPIES = {
    *("ErasureQueue", "ErasureDeadLetterQueue", "ExportsQueue", "ExportsDeadLetterQueue"),
    *("LiveQueue", "LiveDeadLetterQueue", "UploadsQueue", "UploadsDeadLetterQueue"),
    *("BuyerEmailQueue", "BuyerEmailDeadLetterQueue"),
}
"""Queues with events of stored orders, with notifications of objects in a bucket, with requests to
continue the erasures in a table, and with jobs that users can start again.
"""

OF_THE_ACCOUNT = {"ApiGatewayAccount", "ApiGatewayLogRole"}
"""A setting of the account and region, with which other stacks may write logs too."""

RECOVERY_DAYS = 35
"""How far back a table can be restored (DynamoDB guide, "Point-in-time recovery"). Batches of its
stream that have failed since then may have to be replayed.
"""

BUCKET = ("FailedEventsBucket", "Properties")

EXPORTS = ("ExportsBucket", "Properties")
EXPORTS_RULE = (*EXPORTS, "LifecycleConfiguration", "Rules", 0)


@rule(
    without("OrdersTable", "DeletionPolicy"),
    changed("OrdersTable", "UpdateReplacePolicy", to="Delete"),
    without("FailedEventsBucket", "DeletionPolicy"),
    without("UserPool", "UpdateReplacePolicy"),
    without("Staff", "DeletionPolicy"),
    without("OrdersQueue", "DeletionPolicy"),
    changed("OrdersDeadLetterQueue", "DeletionPolicy", to="Delete"),
)
def test_the_data_of_customers_outlives_the_stack(template: Template) -> Iterator[str]:
    kept = (
        *("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"),
        *("AWS::Cognito::UserPool", "AWS::Cognito::UserPoolGroup"),
    )
    for name, _ in resources(template, *kept):
        resource = template["Resources"][name]
        deletion, replacement = (
            resource.get(policy) for policy in ("DeletionPolicy", "UpdateReplacePolicy")
        )
        lasts = str(deletion).startswith("Retain") and replacement == "Retain"
        if name not in TEMPORARY | QUEUES_OF_COPIES and not lasts:
            yield f"{name} is deleted with the stack"


@rule(
    changed("OrdersTable", "DeletionPolicy", to="Retain"),
    changed("OrdersQueue", "DeletionPolicy", to="Retain"),
    changed("ApiGatewayLogRole", "DeletionPolicy", to="RetainExceptOnCreate"),
)
def test_a_failed_first_deployment_leaves_only_the_account_setting(
    template: Template,
) -> Iterator[str]:
    """`Retain` retains empty tables and buckets even if the creation of a stack is rolled back."""
    for name, resource in template["Resources"].items():
        policy = resource.get("DeletionPolicy", "Delete")
        if policy != "Delete" and (policy == "Retain") != (name in OF_THE_ACCOUNT):
            yield f"{name} has the DeletionPolicy {policy}"


@rule(without("IdempotencyTable", "Properties", "TimeToLiveSpecification"))
def test_the_rows_of_temporary_tables_expire(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        expiry = table.get("TimeToLiveSpecification", {})
        if name in TEMPORARY and expiry != {"AttributeName": "expiration", "Enabled": True}:
            yield f"the rows of {name} do not expire"


@rule(
    without(*BUCKET, "LifecycleConfiguration"),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "Status", to="Disabled"),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays", to=30),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "Prefix", to="other/"),
)
def test_failed_batches_expire_but_not_before_a_replay_is_useless(
    template: Template,
) -> Iterator[str]:
    bucket = template["Resources"]["FailedEventsBucket"]["Properties"]
    expiring = [
        rule.get("ExpirationInDays", 0)
        for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", [])
        if rule["Status"] == "Enabled" and not rule.get("Prefix")
    ]
    if not expiring or min(expiring) <= RECOVERY_DAYS:
        yield f"failed batches expire after {expiring} days"


@rule(
    without(*EXPORTS, "LifecycleConfiguration"),
    changed(*EXPORTS_RULE, "Status", to="Disabled"),
    changed(*EXPORTS_RULE, "ExpirationInDays", to=7),
    without(*EXPORTS_RULE, "AbortIncompleteMultipartUpload"),
)
def test_exports_expire_with_what_was_never_completed(template: Template) -> Iterator[str]:
    bucket = template["Resources"]["ExportsBucket"]["Properties"]
    [expiry] = bucket.get("LifecycleConfiguration", {"Rules": [{}]})["Rules"]
    if expiry.get("Status") != "Enabled" or expiry.get("ExpirationInDays") != 1:
        yield "copies of the data of users stay in ExportsBucket"
    if expiry.get("AbortIncompleteMultipartUpload") != {"DaysAfterInitiation": 1}:
        yield "parts of the data of users stay in unfinished uploads to ExportsBucket"


@rule(
    changed("ImagesBucket", "Properties", "VersioningConfiguration", to={"Status": "Enabled"}),
    changed(*BUCKET, "VersioningConfiguration", to={"Status": "Enabled"}),
)
def test_no_bucket_keeps_deleted_objects(template: Template) -> Iterator[str]:
    """See docs/decisions/0053-buckets-keep-no-versions.md."""
    for name, bucket in resources(template, "AWS::S3::Bucket"):
        if "VersioningConfiguration" in bucket:
            yield f"{name} keeps versions of deleted objects"
