"""Tables, buckets, queues and topics: recovery, scaling, encryption and public access."""

import json
from collections.abc import Iterator

from project.template import Template
from tests.template.rules import changed, resources, rule, without
from tests.template.test_retention import TEMPORARY

WITH_LISTS = {"WebLogsBucket"}
"""CloudFront writes its logs with an access control list, and the bucket's owner owns them."""

UNENCRYPTED = {"AlarmTopic", "UploadsTopic"}
"""Topics of CloudWatch and S3, which cannot use the AWS managed key of SNS (SNS guide, "Key
management"). Their messages, alarms and the keys of uploads, are not customer data.
"""

TABLE = ("OrdersTable", "Properties")
BUCKET = ("FailedEventsBucket", "Properties")


@rule(
    without(*TABLE, "PointInTimeRecoverySpecification"),
    changed(*(*TABLE, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), to=False),
    without(*TABLE, "DeletionProtectionEnabled"),
    changed(*TABLE, "DeletionProtectionEnabled", to=False),
)
def test_every_table_is_protected_from_mistakes(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        if name in TEMPORARY:
            continue
        if table.get("PointInTimeRecoverySpecification") != {"PointInTimeRecoveryEnabled": True}:
            yield f"{name} has no point-in-time recovery"
        if table.get("DeletionProtectionEnabled") != {"Fn::If": ["ProtectsData", True, False]}:
            yield f"{name} has no deletion protection"


@rule(
    changed(*TABLE, "BillingMode", to="PROVISIONED"),
    without(*TABLE, "SSESpecification"),
)
def test_every_table_scales_and_is_encrypted(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            yield f"{name} has a fixed capacity and throttles above it"
        if table.get("SSESpecification") != {"SSEEnabled": True}:
            yield f"{name} is not encrypted with a KMS key"


@rule(
    without(*BUCKET, "BucketEncryption"),
    without(*BUCKET, "PublicAccessBlockConfiguration"),
    changed(*BUCKET, "PublicAccessBlockConfiguration", "BlockPublicPolicy", to=False),
    changed(*BUCKET, "OwnershipControls", "Rules", 0, "ObjectOwnership", to="ObjectWriter"),
)
def test_every_bucket_is_private_and_encrypted(template: Template) -> Iterator[str]:
    closed = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    for name, bucket in resources(template, "AWS::S3::Bucket"):
        if bucket.get("PublicAccessBlockConfiguration") != dict.fromkeys(closed, True):
            yield f"{name} does not block all public access"
        ownership = "BucketOwnerPreferred" if name in WITH_LISTS else "BucketOwnerEnforced"
        if bucket.get("OwnershipControls") != {"Rules": [{"ObjectOwnership": ownership}]}:
            yield f"{name} may contain objects that other accounts own"
        if "BucketEncryption" not in bucket:
            yield f"{name} is not encrypted at rest"


@rule(
    without("OrdersQueue", "Properties", "SqsManagedSseEnabled"),
    changed("OrdersDeadLetterQueue", "Properties", "SqsManagedSseEnabled", to=False),
    without("OrderEvents", "Properties", "KmsMasterKeyId"),
)
def test_every_message_is_encrypted_at_rest(template: Template) -> Iterator[str]:
    for name, queue in resources(template, "AWS::SQS::Queue"):
        if queue.get("SqsManagedSseEnabled") is not True and "KmsMasterKeyId" not in queue:
            yield f"{name} is not encrypted at rest"
    for name, topic in resources(template, "AWS::SNS::Topic"):
        if name not in UNENCRYPTED and "KmsMasterKeyId" not in topic:
            yield f"{name} is not encrypted at rest"


@rule(changed("AlarmTopic", "Properties", "KmsMasterKeyId", to="alias/aws/sns"))
def test_no_service_publishes_to_a_topic_whose_key_it_cannot_use(
    template: Template,
) -> Iterator[str]:
    """Such a notification is lost without an error."""
    topics = dict(resources(template, "AWS::SNS::Topic"))
    for name, policy in resources(template, "AWS::SNS::TopicPolicy"):
        if '"Service"' in json.dumps(policy):
            for topic in policy["Topics"]:
                if topics[topic["Ref"]].get("KmsMasterKeyId") == "alias/aws/sns":
                    yield f"{name} allows a service to publish to a topic whose key it cannot use"
