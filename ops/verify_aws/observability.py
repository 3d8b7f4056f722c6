"""Observability: a request's access log line and trace segments; an order in search results."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from local.stack_probe import wait_for
from ops.verify_aws.orders import GLOVES, until_stored
from ops.verify_aws.probe import NotApplicable, only_on_aws, probe
from ops.verify_aws.settings import stage
from ops.verify_aws.target import Target

PATIENCE = 180
"""How many seconds to wait for a log line or a segment."""


def found[T](what: str, look: Callable[[], T | None]) -> T:
    """Wait for something that AWS may deliver minutes later. Raises NotSeen."""
    return wait_for(what, look, PATIENCE, pause=2)


def _access_log_line(target: Target) -> str:
    """Send a request, and return its line of the access log."""
    if target.stack.parameters["AccessLogs"] == "Off":
        raise NotApplicable("deployed with AccessLogs=Off")
    only_on_aws(target, "the emulator writes no access log")
    group = stage(target)["accessLogSettings"]["destinationArn"].split(":log-group:")[1]
    since = int(time.time() * 1000) - 60_000
    request_id = target.ask("GET", "/orders").headers["x-amzn-RequestId"]

    def look() -> str | None:
        pages = target.stack.client("logs").get_paginator("filter_log_events")
        events = pages.paginate(
            logGroupName=group.removesuffix(":*"), startTime=since, filterPattern=f'"{request_id}"'
        )
        return next((str(each) for each in events.search("events[].message")), None)

    return found("the line of the access log", look)


@probe("a line of the access log is JSON and names the caller", expected="JSON, the caller's sub")
def access_log(target: Target) -> str:
    line = json.loads(_access_log_line(target))
    user = "the caller's sub" if line["user"] == target.user.sub else f"user {line['user']}"
    return f"JSON, {user}"


@probe("$context.xrayTraceId is a root without `Root=`", expected="1-<time>-<id>")
def trace_id(target: Target) -> str:
    trace = str(json.loads(_access_log_line(target))["trace"])
    known = re.fullmatch("1-[0-9a-f]{8}-[0-9a-f]{24}", trace)
    return "1-<time>-<id>" if known else trace


@probe("an order's trace has the segments of the API, writer and publisher", expected="all three")
def segments(target: Target) -> str:
    only_on_aws(target, "the emulator keeps no traces")
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    sent: dict[str, str | None] = {"X-Amzn-Trace-Id": f"Root={root};Sampled=1"}
    until_stored(target, target.place(GLOVES, sent))
    names = target.stack.resources("AWS::Lambda::Function")
    functions = {names["OrdersWriterFunction"], names["OrdersPublisherFunction"]}
    xray = target.stack.client("xray")

    def look() -> set[str] | None:
        traces = xray.batch_get_traces(TraceIds=[root])["Traces"]
        documents = [json.loads(each["Document"]) for trace in traces for each in trace["Segments"]]
        named = {each["name"] for each in documents}
        api = any(each.get("origin", "").startswith("AWS::ApiGateway") for each in documents)
        return named if api and functions <= named else None

    found("the three segments", look)
    return "all three"


@probe("an order is found by search", expected="found")
def search(target: Target) -> str:
    if target.stack.parameters["Search"] == "none":
        raise NotApplicable("deployed with Search=none")
    word = f"w{secrets.token_hex(8)}"
    order_id = target.place({"item": word})

    def look() -> Any:
        reply = target.ask("GET", "/search?" + urlencode({"q": word}))
        results = reply.body.get("results") or []
        return [each for each in results if each["data"]["orderID"] == order_id]

    wait_for("the order in the search results", look)
    return "found"
