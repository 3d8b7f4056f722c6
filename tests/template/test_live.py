"""Live events: the WebSocket API, and the edges on which events travel."""

import re
from collections.abc import Iterator
from typing import Any

from project.template import Template
from tests.template.convention import changed, convention, referred, replaced, resources, without
from tests.template.test_sources import filters, stream_sources

STAGE = ("LiveApiv1Stage", "Properties")
ACCESS_LOG = (*STAGE, "AccessLogSettings", "Fn::If", 1, "Format")


@convention(
    without(*STAGE, "DefaultRouteSettings"),
    without(*STAGE, "DefaultRouteSettings", "ThrottlingRateLimit"),
    without(*STAGE, "DefaultRouteSettings", "ThrottlingBurstLimit"),
    changed(*STAGE, "DefaultRouteSettings", "DataTraceEnabled", to=True),
)
def test_a_burst_of_handshakes_is_refused(template: Template) -> Iterator[str]:
    """fault 10. Anybody may try one; and no setting writes whole requests to the log."""
    for name, stage in resources(template, "AWS::ApiGatewayV2::Stage"):
        settings = stage.get("DefaultRouteSettings", {})
        if not {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= settings.keys():
            yield f"{name} has no limit of its own"
        if settings.get("DataTraceEnabled"):
            yield f"{name} logs tickets"


@convention(
    replaced(*ACCESS_LOG, old="$context.status", new="$context.identity.sourceIp"),
    replaced(*ACCESS_LOG, old="$context.status", new="$input.params('ticket')"),
)
def test_the_access_log_of_connections_holds_no_ticket_and_nothing_personal(
    template: Template,
) -> Iterator[str]:
    kept = {"requestId", "requestTime", "eventType", "connectionId", "status", "error.responseType"}
    for name, stage in resources(template, "AWS::ApiGatewayV2::Stage"):
        text = stage["AccessLogSettings"]["Fn::If"][1]["Format"]
        used = {word.removeprefix("$context.") for word in re.findall(r"\$[\w.]+", text)}
        if used - kept:
            yield f"{name} logs {sorted(used - kept)}"


@convention(
    without("LiveApiDefaultRouteResponse"),
    without("LiveApiDefaultRoute", "Properties", "RouteResponseSelectionExpression"),
)
def test_a_message_is_answered(template: Template) -> Iterator[str]:
    """API Gateway guide, "Set up route responses": without one the answer is dropped."""
    answered = {
        referred(response["RouteId"])
        for _, response in resources(template, "AWS::ApiGatewayV2::RouteResponse")
    }
    for name, route in resources(template, "AWS::ApiGatewayV2::Route"):
        if route["RouteKey"] == "$default" and (
            name not in answered or "RouteResponseSelectionExpression" not in route
        ):
            yield f"{name} leaves its messages unanswered"


@convention(
    without("LiveQueueSubscription", "Properties", "RedrivePolicy"),
    without("LiveDeadLetterQueuePolicy"),
    without("UploadsDeadLetterQueuePolicy", "Properties", "PolicyDocument", "Statement", 0),
)
def test_what_sns_cannot_hand_to_a_queue_is_kept(template: Template) -> Iterator[str]:
    open_queues = {
        referred(queue)
        for _, policy in resources(template, "AWS::SQS::QueuePolicy")
        if "sns.amazonaws.com" in str(policy["PolicyDocument"])
        for queue in policy["Queues"]
    }
    for name, subscription in resources(template, "AWS::SNS::Subscription"):
        if subscription["Protocol"] != "sqs":
            continue
        target = subscription.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        if target is None:
            yield f"an event of {name} is lost when the queue is not there"
        for queue in (referred(subscription["Endpoint"]), referred(target)):
            if target is not None and queue not in open_queues:
                yield f"SNS may not write to {queue}"


@convention(
    changed(
        *("LivePushFunctionMessages", "Properties", "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["INSERT", "REMOVE"]}',
    )
)
def test_only_a_new_message_is_told(template: Template) -> Iterator[str]:
    for name, source in told(template):
        if referred(source["EventSourceArn"]) == "MessagesTable":
            names = [pattern["eventName"] for pattern in filters(source)]
            if names != [["INSERT"]]:
                yield f"{name} tells of {names}"


@convention(
    changed(
        *("LivePushFunctionImages", "Properties", "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["MODIFY"]}',
    )
)
def test_only_what_became_of_a_picture_is_told(template: Template) -> Iterator[str]:
    for name, source in told(template):
        if referred(source["EventSourceArn"]) == "ImagesTable":
            settled = {"NewImage": {"status": {"S": ["READY", "FAILED"]}}}
            if filters(source) != [{"eventName": ["MODIFY"], "dynamodb": settled}]:
                yield f"{name} tells of {filters(source)}"


def told(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """The event source mappings of streams whose news is pushed."""
    for name, source in stream_sources(template):
        if referred(source["FunctionName"]) == "LivePushFunction":
            yield name, source
