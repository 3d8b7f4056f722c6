"""Subscriptions of SNS topics: what a queue or function gets, and where failed deliveries go."""

from collections.abc import Iterator

from project.template import Template
from tests.template.rules import changed, referred, resources, rule, without

SUBSCRIPTION = ("UploadsQueueSubscription", "Properties")


@rule(
    without(*SUBSCRIPTION, "RawMessageDelivery"),
    changed(*SUBSCRIPTION, "RawMessageDelivery", to=False),
)
def test_every_queue_subscription_has_raw_delivery(template: Template) -> Iterator[str]:
    """Functions read the message itself. Without raw delivery, SNS puts it into an envelope."""
    for name, subscription in resources(template, "AWS::SNS::Subscription"):
        if subscription["Protocol"] == "sqs" and subscription.get("RawMessageDelivery") is not True:
            yield f"{name} sends messages in an envelope of SNS: set RawMessageDelivery to true"


@rule(without(*SUBSCRIPTION, "RedrivePolicy"))
def test_every_queue_subscription_has_a_dead_letter_queue(template: Template) -> Iterator[str]:
    for name, subscription in resources(template, "AWS::SNS::Subscription"):
        if subscription["Protocol"] == "sqs" and "RedrivePolicy" not in subscription:
            yield f"{name} loses the messages that SNS cannot deliver"


@rule(
    without("UploadsQueuePolicy"),
    without("UploadsDeadLetterQueuePolicy"),
    without("UploadsDeadLetterQueuePolicy", "Properties", "PolicyDocument", "Statement", 0),
)
def test_sns_may_write_to_the_queues_of_every_subscription(template: Template) -> Iterator[str]:
    allowed = {
        referred(queue)
        for _, policy in resources(template, "AWS::SQS::QueuePolicy")
        if "sns.amazonaws.com" in str(policy["PolicyDocument"])
        for queue in policy["Queues"]
    }
    for name, subscription in resources(template, "AWS::SNS::Subscription"):
        if subscription["Protocol"] == "sqs":
            target = subscription.get("RedrivePolicy", {}).get("deadLetterTargetArn")
            for queue in (referred(subscription["Endpoint"]), referred(target)):
                if queue is not None and queue not in allowed:
                    yield f"{name} delivers to {queue}, but its policy does not allow SNS to write"


@rule(
    changed(
        "Added",
        to={
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "Protocol": "lambda",
                "Endpoint": {"Fn::GetAtt": ["OrdersWriterFunction", "Arn"]},
            },
        },
    )
)
def test_a_subscribed_function_has_a_failure_destination(template: Template) -> Iterator[str]:
    """Lambda tries an asynchronous invocation three times and then drops the event."""
    safe = {
        referred(config["FunctionName"])
        for _, config in resources(template, "AWS::Lambda::EventInvokeConfig")
        if "OnFailure" in config.get("DestinationConfig", {})
    } | {
        name
        for name, function in resources(template, "AWS::Lambda::Function")
        if "DeadLetterConfig" in function
    }
    for name, subscription in resources(template, "AWS::SNS::Subscription"):
        function = referred(subscription["Endpoint"])
        if subscription["Protocol"] == "lambda" and function not in safe:
            yield f"the events of {name} are lost if {function} fails"
