"""Settings: the services report the values that the template requested."""

from __future__ import annotations

from typing import Any

from ops.verify_aws.probe import only_on_aws, probe
from ops.verify_aws.target import Target

LEAST_CONCURRENCY = 100
"""Concurrent executions: the writer alone may use 10, and a new account may have only 10."""


def stage(target: Target) -> dict[str, Any]:
    """Return the API's stage, as API Gateway describes it."""
    found: dict[str, Any] = target.stack.client("apigateway").get_stage(
        restApiId=target.outputs["ApiId"],
        stageName=target.outputs["ApiUrl"].rpartition("/")[2],
    )
    return found


@probe("the API has the parameters' throttling limits", expected="rate and burst of the parameters")
def throttling(target: Target) -> str:
    settings = stage(target)["methodSettings"]["*/*"]
    limits = settings["throttlingRateLimit"], settings["throttlingBurstLimit"]
    parameters = target.stack.parameters
    names = "ThrottlingRate", "ThrottlingBurst"
    requested = tuple(float(parameters[name]) for name in names)
    return (
        "rate and burst of the parameters" if limits == requested else f"{limits}, not {requested}"
    )


@probe("the API has X-Ray tracing", expected="on")
def tracing(target: Target) -> str:
    return "on" if stage(target).get("tracingEnabled") else "off"


def _methods(target: Target) -> dict[str, Any]:
    pages = target.stack.client("apigateway").get_paginator("get_resources")
    found = pages.paginate(restApiId=target.outputs["ApiId"], embed=["methods"])
    [orders] = [each for each in found.search("items[]") if each["path"] == "/orders"]
    methods: dict[str, Any] = orders["resourceMethods"]
    return methods


@probe("the import keeps the model for `$default`", expected="$default, application/json")
def models(target: Target) -> str:
    only_on_aws(target, "the emulator imports no models")
    return ", ".join(sorted(_methods(target)["POST"].get("requestModels") or {}))


@probe("the import keeps passthroughBehavior", expected="NEVER")
def passthrough(target: Target) -> str:
    only_on_aws(target, "the emulator imports no templates")
    return str(_methods(target)["POST"]["methodIntegration"]["passthroughBehavior"])


@probe("the account's concurrency limit is high enough", expected=f"{LEAST_CONCURRENCY} or more")
def concurrency(target: Target) -> str:
    only_on_aws(target, "the limit belongs to an AWS account")
    limits = target.stack.client("lambda").get_account_settings()["AccountLimit"]
    count = int(limits["UnreservedConcurrentExecutions"])
    return f"{LEAST_CONCURRENCY} or more" if count >= LEAST_CONCURRENCY else f"{count}"
