"""Retention: what outlives the stack, what a failed deployment leaves, and what expires."""

from collections.abc import Iterator

from project.template import Template
from tests.template.convention import changed, convention, resources, without

# IdempotencyTable: no row outlives two weeks, and a client can send again whatever is lost.
# ConnectionsTable: open connections, which end within two hours.
FORGETFUL = {"IdempotencyTable", "ConnectionsTable"}

# Their messages are copies: events about orders that the table holds, and notifications about
# uploads that the bucket holds.
CARRYING_COPIES = {"LiveQueue", "LiveDeadLetterQueue", "UploadsQueue", "UploadsDeadLetterQueue"}

# One setting per account and region. Other stacks may write their logs by it.
OF_THE_ACCOUNT = {"ApiGatewayAccount", "ApiGatewayLogRole"}

# A table can be restored to any time of the last 35 days (DynamoDB guide, "Point-in-time
# recovery"). Batches of its stream that failed since then may have to be replayed.
RECOVERY_DAYS = 35

BUCKET = ("FailedEventsBucket", "Properties")


@convention(
    without("OrdersTable", "DeletionPolicy"),
    changed("OrdersTable", "UpdateReplacePolicy", to="Delete"),
    without("FailedEventsBucket", "DeletionPolicy"),
    without("UserPool", "UpdateReplacePolicy"),
    without("Staff", "DeletionPolicy"),
    without("OrdersQueue", "DeletionPolicy"),
    changed("OrdersDeadLetterQueue", "DeletionPolicy", to="Delete"),
)
def test_what_customers_gave_us_outlives_the_stack(template: Template) -> Iterator[str]:
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
        if name not in FORGETFUL | CARRYING_COPIES and not lasts:
            yield f"{name} goes with the stack"


@convention(
    changed("OrdersTable", "DeletionPolicy", to="Retain"),
    changed("OrdersQueue", "DeletionPolicy", to="Retain"),
    changed("ApiGatewayLogRole", "DeletionPolicy", to="RetainExceptOnCreate"),
)
def test_a_first_deployment_that_fails_leaves_only_what_the_account_logs_by(
    template: Template,
) -> Iterator[str]:
    """`Retain` holds in the rollback of a creation too, and leaves empty tables and buckets."""
    for name, resource in template["Resources"].items():
        policy = resource.get("DeletionPolicy", "Delete")
        if policy != "Delete" and (policy == "Retain") != (name in OF_THE_ACCOUNT):
            yield f"{name} has {policy}"


@convention(without("IdempotencyTable", "Properties", "TimeToLiveSpecification"))
def test_what_is_forgotten_is_forgotten_in_time(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        expiry = table.get("TimeToLiveSpecification", {})
        if name in FORGETFUL and expiry != {"AttributeName": "expiration", "Enabled": True}:
            yield f"{name} grows for ever"


@convention(
    without(*BUCKET, "LifecycleConfiguration"),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "Status", to="Disabled"),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays", to=30),
    changed(*BUCKET, "LifecycleConfiguration", "Rules", 0, "Prefix", to="other/"),
)
def test_a_failed_batch_is_kept_while_a_replay_can_help_and_not_for_ever(
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


@convention(
    changed("ImagesBucket", "Properties", "VersioningConfiguration", to={"Status": "Enabled"}),
    changed(*BUCKET, "VersioningConfiguration", to={"Status": "Enabled"}),
)
def test_what_a_user_deletes_is_gone_from_every_bucket(template: Template) -> Iterator[str]:
    """docs/decisions.md, "Buckets keep no versions"."""
    for name, bucket in resources(template, "AWS::S3::Bucket"):
        if "VersioningConfiguration" in bucket:
            yield f"{name} keeps what was deleted from it"
