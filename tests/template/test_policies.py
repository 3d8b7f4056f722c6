"""Policy documents: what IAM, SQS and SNS accept, and that all reject plain HTTP."""

from collections.abc import Iterator

from project.template import Template
from tests.template.rules import (
    changed,
    document,
    listed,
    referred,
    replaced,
    resources,
    rule,
    without,
)
from tests.template.test_permissions import (
    ALARM_STATEMENT,
    QUEUE_POLICY,
    QUEUE_STATEMENT,
    SEARCH_LOG,
    WRITER,
    policies,
    statements,
)

SNS_STATEMENT = ("UploadsQueuePolicy", "Properties", "PolicyDocument", "Statement", 0)
QUEUES = ("UploadsQueue", "UploadsDeadLetterQueue")
TWO_QUEUES = [{"Fn::GetAtt": [queue, "Arn"]} for queue in QUEUES]
TWO_TOPICS = [{"Ref": "AlarmTopic"}, {"Ref": "UploadsTopic"}]
KEY_POLICY = ("JwtSecretKey", "Properties", "KeyPolicy")


@rule(
    changed(*QUEUE_POLICY, "Queues", to=[{"Ref": "OrdersQueue"}, {"Ref": "UploadsQueue"}]),
    changed(*QUEUE_POLICY, "Queues", to=[]),
    changed(*QUEUE_STATEMENT, "Resource", to={"Fn::GetAtt": ["UploadsQueue", "Arn"]}),
    changed(*QUEUE_STATEMENT, "Resource", to="*"),
    changed(*SNS_STATEMENT, "Resource", to=TWO_QUEUES),
    changed("AlarmTopicPolicy", "Properties", "Topics", 0, to={"Ref": "OrderEvents"}),
    changed("AlarmTopicPolicy", "Properties", "Topics", to=TWO_TOPICS),
    changed(*ALARM_STATEMENT, "Resource", to=TWO_TOPICS),
)
def test_the_policy_of_a_queue_or_topic_is_for_this_one_only(
    template: Template,
) -> Iterator[str]:
    """fault 53. SQS rejects a statement with two queues (`Invalid value for the parameter Policy`),
    and SNS one with two topics. No linter finds it."""
    for name, policy in resources(template, "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        governed = policy["Queues"] if "Queues" in policy else policy["Topics"]
        if len(governed) != 1:
            yield f"{name} is the policy of {len(governed)} queues or topics"
        for statement in statements(policy["PolicyDocument"]):
            named = [referred(resource) for resource in listed(statement["Resource"])]
            if named != [referred(each) for each in governed]:
                yield f"a statement of {name} has the resources {named}"


@rule(
    without(*WRITER, "Policies", 0, "PolicyDocument", "Version"),
    changed(*WRITER, "Policies", 0, "PolicyDocument", "Version", to="2008-10-17"),
    without(*WRITER, "AssumeRolePolicyDocument", "Version"),
    without(*QUEUE_POLICY, "PolicyDocument", "Version"),
    without(*KEY_POLICY, "Version"),
    without("AuthorizerSecretPolicy", "Properties", "PolicyDocument", "Version"),
    replaced(*SEARCH_LOG, old='"Version": "2012-10-17", ', new=""),
)
def test_every_policy_has_the_current_version(template: Template) -> Iterator[str]:
    """The default is 2008-10-17, which does not substitute policy variables."""
    for name, policy in policies(template):
        # SAM writes the policies of failure destinations, without a version.
        is_of_sam = name.endswith("S3Policy")
        version = document(policy).get("Version")
        if version != "2012-10-17" and not is_of_sam:
            yield f"{name} has the version {version}, not 2012-10-17"


@rule(
    without("FailedEventsBucketPolicy"),
    without("OrdersDeadLetterQueuePolicy"),
    without(*QUEUE_STATEMENT, "Condition"),
    changed(*QUEUE_STATEMENT, "Effect", to="Allow"),
    changed(*QUEUE_STATEMENT, "Action", to="sqs:SendMessage"),
)
def test_every_queue_and_bucket_rejects_plain_http(template: Template) -> Iterator[str]:
    closed = set()
    for _, policy in resources(template, "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
        for statement in statements(policy["PolicyDocument"]):
            if (
                statement["Effect"] == "Deny"
                and statement["Principal"] == "*"
                and statement["Action"] in ("sqs:*", "s3:*")
                and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            ):
                governed = policy["Queues"] if "Queues" in policy else [policy["Bucket"]]
                closed |= {referred(resource) for resource in governed}
    for name, _ in resources(template, "AWS::SQS::Queue", "AWS::S3::Bucket"):
        if name not in closed:
            yield f"{name} accepts plain HTTP"
