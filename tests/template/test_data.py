"""Data: it scales, survives mistakes, is encrypted, and nobody else reads it."""

import json
from collections.abc import Iterator

from project.template import Template
from tests.template.convention import changed, convention, resources, without
from tests.template.test_retention import FORGETFUL

# CloudWatch and S3 cannot publish to a topic under the key that AWS manages for SNS (SNS guide,
# "Key management"), and neither alarms nor the keys of uploads are a customer's data.
UNENCRYPTED = {"AlarmTopic", "UploadsTopic"}

TABLE = ("OrdersTable", "Properties")
BUCKET = ("FailedEventsBucket", "Properties")


@convention(
    without(*TABLE, "PointInTimeRecoverySpecification"),
    changed(*(*TABLE, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), to=False),
    without(*TABLE, "DeletionProtectionEnabled"),
    changed(*TABLE, "DeletionProtectionEnabled", to=False),
)
def test_every_table_survives_a_mistake(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        if name in FORGETFUL:
            continue
        if table.get("PointInTimeRecoverySpecification") != {"PointInTimeRecoveryEnabled": True}:
            yield f"{name} cannot be restored"
        if table.get("DeletionProtectionEnabled") != {"Fn::If": ["ProtectsData", True, False]}:
            yield f"{name} is deleted by one click"


@convention(
    changed(*TABLE, "BillingMode", to="PROVISIONED"),
    without(*TABLE, "SSESpecification"),
)
def test_every_table_scales_and_is_encrypted(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            yield f"{name} throttles in a spike"
        if table.get("SSESpecification") != {"SSEEnabled": True}:
            yield f"{name} is not under a key of the account"


@convention(
    without(*BUCKET, "BucketEncryption"),
    without(*BUCKET, "PublicAccessBlockConfiguration"),
    changed(*BUCKET, "PublicAccessBlockConfiguration", "BlockPublicPolicy", to=False),
    changed(*BUCKET, "OwnershipControls", "Rules", 0, "ObjectOwnership", to="ObjectWriter"),
)
def test_every_bucket_is_closed(template: Template) -> Iterator[str]:
    closed = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    for name, bucket in resources(template, "AWS::S3::Bucket"):
        if bucket.get("PublicAccessBlockConfiguration") != dict.fromkeys(closed, True):
            yield f"{name} may become public"
        if bucket.get("OwnershipControls") != {
            "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]
        }:
            yield f"{name} holds objects of others"
        if "BucketEncryption" not in bucket:
            yield f"{name} is not encrypted"


@convention(
    without("OrdersQueue", "Properties", "SqsManagedSseEnabled"),
    changed("OrdersDeadLetterQueue", "Properties", "SqsManagedSseEnabled", to=False),
    without("OrderEvents", "Properties", "KmsMasterKeyId"),
)
def test_every_message_is_encrypted_at_rest(template: Template) -> Iterator[str]:
    for name, queue in resources(template, "AWS::SQS::Queue"):
        if queue.get("SqsManagedSseEnabled") is not True and "KmsMasterKeyId" not in queue:
            yield f"{name} is not encrypted"
    for name, topic in resources(template, "AWS::SNS::Topic"):
        if name not in UNENCRYPTED and "KmsMasterKeyId" not in topic:
            yield f"{name} is not encrypted"


@convention(changed("AlarmTopic", "Properties", "KmsMasterKeyId", to="alias/aws/sns"))
def test_no_service_publishes_to_a_topic_that_it_cannot_encrypt_for(
    template: Template,
) -> Iterator[str]:
    """Such a notification is dropped, and nothing says so."""
    topics = dict(resources(template, "AWS::SNS::Topic"))
    for name, policy in resources(template, "AWS::SNS::TopicPolicy"):
        if '"Service"' in json.dumps(policy):
            for topic in policy["Topics"]:
                if topics[topic["Ref"]].get("KmsMasterKeyId") == "alias/aws/sns":
                    yield f"{name} lets a service publish in vain"
