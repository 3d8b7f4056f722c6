"""Live events: what is pushed; limits, log and route responses of the WebSocket API."""

import re
from collections.abc import Iterator

from project.template import Template
from tests.template.event_sources import filters, stream_sources
from tests.template.rules import changed, referred, replaced, resources, rule, without

STAGE = ("LiveApiv1Stage", "Properties")
ACCESS_LOG = (*STAGE, "AccessLogSettings", "Fn::If", 1, "Format")

LOGGED = {"requestId", "requestTime", "eventType", "connectionId", "status", "error.responseType"}
"""The `$context` variables that contain no personal data."""


@rule(
    without(*STAGE, "DefaultRouteSettings"),
    without(*STAGE, "DefaultRouteSettings", "ThrottlingRateLimit"),
    without(*STAGE, "DefaultRouteSettings", "ThrottlingBurstLimit"),
)
def test_every_websocket_stage_limits_the_rate_of_requests(template: Template) -> Iterator[str]:
    """fault 10. Everybody can try to connect."""
    for name, stage in resources(template, "AWS::ApiGatewayV2::Stage"):
        settings = stage.get("DefaultRouteSettings", {})
        if not {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= settings.keys():
            yield f"{name} has only the limits of the account, which other APIs share"


@rule(changed(*STAGE, "DefaultRouteSettings", "DataTraceEnabled", to=True))
def test_no_websocket_stage_logs_whole_requests(template: Template) -> Iterator[str]:
    for name, stage in resources(template, "AWS::ApiGatewayV2::Stage"):
        if stage.get("DefaultRouteSettings", {}).get("DataTraceEnabled"):
            yield f"{name} logs tickets"


@rule(
    replaced(*ACCESS_LOG, old="$context.status", new="$context.identity.sourceIp"),
    replaced(*ACCESS_LOG, old="$context.status", new="$input.params('ticket')"),
)
def test_the_access_log_of_connections_contains_no_tickets_and_no_personal_data(
    template: Template,
) -> Iterator[str]:
    for name, stage in resources(template, "AWS::ApiGatewayV2::Stage"):
        text = stage["AccessLogSettings"]["Fn::If"][1]["Format"]
        used = {variable.removeprefix("$context.") for variable in re.findall(r"\$[\w.]+", text)}
        for variable in sorted(used - LOGGED):
            yield f"{name} logs {variable}"


@rule(
    without("LiveApiDefaultRouteResponse"),
    without("LiveApiDefaultRoute", "Properties", "RouteResponseSelectionExpression"),
)
def test_the_route_of_messages_has_a_response(template: Template) -> Iterator[str]:
    """Without it, API Gateway drops the answer ("Set up route responses")."""
    answered = {
        referred(response["RouteId"])
        for _, response in resources(template, "AWS::ApiGatewayV2::RouteResponse")
    }
    for name, route in resources(template, "AWS::ApiGatewayV2::Route"):
        if route["RouteKey"] == "$default" and (
            name not in answered or "RouteResponseSelectionExpression" not in route
        ):
            yield f"{name} drops the answers to messages"


@rule(
    changed(
        *("LivePushFunctionMessages", "Properties", "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["INSERT", "REMOVE"]}',
    )
)
def test_only_new_messages_are_pushed(template: Template) -> Iterator[str]:
    for name, source in stream_sources(template):
        if _leads(source, "MessagesTable", to="LivePushFunction"):
            names = [pattern["eventName"] for pattern in filters(source)]
            if names != [["INSERT"]]:
                yield f"{name} pushes a message on {names}"


@rule(
    changed(
        *("LivePushFunctionImages", "Properties", "FilterCriteria", "Filters", 0, "Pattern"),
        to='{"eventName": ["MODIFY"]}',
    )
)
def test_only_processed_images_are_pushed(template: Template) -> Iterator[str]:
    processed = {
        "eventName": ["MODIFY"],
        "dynamodb": {"NewImage": {"status": {"S": ["READY", "FAILED"]}}},
    }
    for name, source in stream_sources(template):
        leads = _leads(source, "ImagesTable", to="LivePushFunction")
        if leads and filters(source) != [processed]:
            yield f"{name} pushes an image on {filters(source)}"


def _leads(source: dict[str, object], table: str, to: str) -> bool:
    return referred(source["EventSourceArn"]) == table and referred(source["FunctionName"]) == to
