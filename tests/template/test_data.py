"""Data: what is kept, how long, encrypted, and for whom."""

import json
from collections.abc import Iterator

from local.template import Template
from tests.template.convention import changed, convention, resources, without

# Nothing in the one outlives two weeks, and nothing is lost that a client could not send again.
# The other holds open connections, which end within two hours.
FORGETFUL = {"IdempotencyTable", "ConnectionsTable"}

# CloudWatch and S3 cannot publish to a topic under the key that AWS manages for SNS (SNS guide,
# "Key management"), and neither alarms nor the keys of uploads are a customer's data.
UNENCRYPTED = {"AlarmTopic", "UploadsTopic"}

TABLE = ("OrdersTable", "Properties")
BUCKET = ("FailedEventsBucket", "Properties")
CLIENT = ("UserPoolClient", "Properties")


@convention(
    without("OrdersTable", "DeletionPolicy"),
    changed("OrdersTable", "UpdateReplacePolicy", to="Delete"),
    without("FailedEventsBucket", "DeletionPolicy"),
    without("UserPool", "UpdateReplacePolicy"),
)
def test_what_customers_gave_us_outlives_the_stack(template: Template) -> Iterator[str]:
    kept = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool")
    for name, _ in resources(template, *kept):
        resource = template["Resources"][name]
        policies = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
        if name not in FORGETFUL and policies != {"Retain"}:
            yield f"{name} goes with the stack"


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


@convention(without("IdempotencyTable", "Properties", "TimeToLiveSpecification"))
def test_what_is_forgotten_is_forgotten_in_time(template: Template) -> Iterator[str]:
    for name, table in resources(template, "AWS::DynamoDB::Table"):
        expiry = table.get("TimeToLiveSpecification", {})
        if name in FORGETFUL and expiry != {"AttributeName": "expiration", "Enabled": True}:
            yield f"{name} grows for ever"


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


@convention(
    changed(*CLIENT, "ExplicitAuthFlows", to=["ALLOW_USER_PASSWORD_AUTH"]),
    changed(*CLIENT, "ExplicitAuthFlows", 0, to="ALLOW_CUSTOM_AUTH"),
    changed(*CLIENT, "PreventUserExistenceErrors", to="LEGACY"),
    without(*CLIENT, "PreventUserExistenceErrors"),
    without(*CLIENT, "EnableTokenRevocation"),
    changed(*CLIENT, "GenerateSecret", to=True),
)
def test_a_client_signs_in_by_the_flows_we_serve_and_learns_no_names(
    template: Template,
) -> Iterator[str]:
    """fault 44"""
    flows = {"USER_SRP", "USER_PASSWORD", "ADMIN_USER_PASSWORD", "REFRESH_TOKEN"}
    for name, client in resources(template, "AWS::Cognito::UserPoolClient"):
        if set(client["ExplicitAuthFlows"]) != {f"ALLOW_{flow}_AUTH" for flow in flows}:
            yield f"{name} signs in by {client['ExplicitAuthFlows']}"
        if client.get("PreventUserExistenceErrors") != "ENABLED":
            yield f"{name} tells who is registered"
        if client.get("EnableTokenRevocation") is not True:
            yield f"{name} cannot sign out"
        if client.get("GenerateSecret"):
            yield f"{name} gives browsers a secret"


@convention(
    changed("UserPool", "Properties", "DeletionProtection", to="INACTIVE"),
    changed("UserPool", "Properties", "UsernameConfiguration", "CaseSensitive", to=True),
)
def test_users_are_protected_and_one_name_is_one_user(template: Template) -> Iterator[str]:
    for name, pool in resources(template, "AWS::Cognito::UserPool"):
        if pool["DeletionProtection"] != {"Fn::If": ["ProtectsData", "ACTIVE", "INACTIVE"]}:
            yield f"{name} is deleted by one click"
        if pool.get("UsernameConfiguration") != {"CaseSensitive": False}:
            yield f"{name} takes Ann and ann for two"
