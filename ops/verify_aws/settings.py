"""Settings: what the services say of themselves is what the template asked for."""

from __future__ import annotations

from typing import Any

from ops.verify_aws.probe import only_on_aws, probe
from ops.verify_aws.target import Target

LEAST_CONCURRENCY = 100
"""Functions at once: the writer alone may take 10, and a new account may have 10 in all."""


def stage(target: Target) -> dict[str, Any]:
    """The API's stage, as API Gateway describes it."""
    found: dict[str, Any] = target.stack.client("apigateway").get_stage(
        restApiId=target.outputs["ApiId"],
        stageName=target.outputs["ApiUrl"].rpartition("/")[2],
    )
    return found


@probe("the API is throttled as the parameters say", expected="rate and burst of the parameters")
def throttling(target: Target) -> str:
    settings = stage(target)["methodSettings"]["*/*"]
    limits = settings["throttlingRateLimit"], settings["throttlingBurstLimit"]
    parameters = target.stack.parameters
    asked = tuple(float(parameters[name]) for name in ("ThrottlingRate", "ThrottlingBurst"))
    return "rate and burst of the parameters" if limits == asked else f"{limits}, not {asked}"


@probe("the API is traced", expected="on")
def tracing(target: Target) -> str:
    return "on" if stage(target).get("tracingEnabled") else "off"


def _methods(target: Target) -> dict[str, Any]:
    pages = target.stack.client("apigateway").get_paginator("get_resources")
    found = pages.paginate(restApiId=target.outputs["ApiId"], embed=["methods"])
    [orders] = [each for each in found.search("items[]") if each["path"] == "/orders"]
    methods: dict[str, Any] = orders["resourceMethods"]
    return methods


@probe("the import keeps a model for any type of body", expected="$default, application/json")
def models(target: Target) -> str:
    only_on_aws(target, "the emulator imports no models")
    return ", ".join(sorted(_methods(target)["POST"].get("requestModels") or {}))


@probe("the import keeps what a body without a template is", expected="NEVER")
def passthrough(target: Target) -> str:
    only_on_aws(target, "the emulator imports no templates")
    return str(_methods(target)["POST"]["methodIntegration"]["passthroughBehavior"])


@probe("the account runs enough functions at once", expected=f"{LEAST_CONCURRENCY} or more")
def concurrency(target: Target) -> str:
    only_on_aws(target, "a limit of the account")
    limits = target.stack.client("lambda").get_account_settings()["AccountLimit"]
    count = int(limits["UnreservedConcurrentExecutions"])
    return f"{LEAST_CONCURRENCY} or more" if count >= LEAST_CONCURRENCY else f"{count}"
