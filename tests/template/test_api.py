"""The API: who may call it, how often, and what it logs."""

import json
import re
from collections.abc import Iterator
from functools import partial

import pytest

from project import template as stack
from project.template import Template
from tests.template.openapi import BODY, POST, operations
from tests.template.rules import changed, replaced, resources, rule, without

PUBLIC = {
    ("get", "/openapi.json"),
    ("post", "/users"),
    ("post", "/users/challenge"),
    ("post", "/users/confirm"),
    ("post", "/users/forgot-password"),
    ("post", "/users/login"),
    ("post", "/users/refresh"),
    ("post", "/users/resend-code"),
    ("post", "/users/reset-password"),
    ("post", "/users/revoke"),
    ("put", "/session"),
    ("post", "/session"),
    ("delete", "/session"),
}
"""The operations that require no token."""

ACCOUNT = {
    ("get", "/users/mfa"),
    ("delete", "/users/mfa"),
    ("post", "/users/logout"),
    ("post", "/users/mfa"),
    ("put", "/users/mfa"),
    ("delete", "/users/me"),
    ("put", "/users/password"),
    ("put", "/users/email"),
    ("post", "/users/email/confirm"),
}
"""The operations that read or change the account at Cognito, with the caller's access token."""

LOGGED = {
    *("requestId", "requestTime", "httpMethod", "resourcePath", "status", "responseLength"),
    *("responseLatency", "error.responseType", "xrayTraceId", "authorizer.claims.sub"),
    "authorizer.principalId",
}
"""The `$context` variables that contain no personal data and no characters that a client chose."""

MODES = ("Cognito", "CognitoScopes", "Jwt", "AWS_IAM")
SCOPE = "aws.cognito.signin.user.admin"
SET_UP_MFA = (*BODY, "paths", "/users/mfa", "post")
AUDIENCE = (
    *(*BODY, "components", "securitySchemes", "Cognito"),
    *("x-amazon-apigateway-authorizer", "identityValidationExpression"),
)
FUNCTION = (*BODY, "paths", "/orders", "get", "x-amazon-apigateway-integration")
STAGE = ("Apiv1Stage", "Properties")
ACCESS_LOG = (*STAGE, "AccessLogSetting", "Fn::If", 1, "Format")


@rule(
    without(*POST, "security"),
    changed(*POST, "security", to=[]),
    changed(*POST, "security", to=[{"NONE": []}]),
    changed(*POST, "security", to=[{"Cognito": []}, {}]),
)
def test_every_operation_requires_a_token_unless_it_is_public(template: Template) -> Iterator[str]:
    """fault 11"""
    for method, path, operation, body in operations(template):
        schemes = [name for scheme in operation.get("security", [{}]) for name in scheme or [""]]
        known = body["components"]["securitySchemes"]
        if (method, path) not in PUBLIC and not (
            schemes and all(name in known for name in schemes)
        ):
            yield f"{method} {path} requires no token"


@rule(
    changed(*POST, "security", to=[{"NONE": []}]),
    of=partial(stack.translated, ApiAuthorizer="AWS_IAM"),
)
def test_with_iam_every_operation_requires_a_caller_unless_it_is_public(
    template: Template,
) -> Iterator[str]:
    """fault 11"""
    for method, path, operation, body in operations(template):
        schemes = {name for each in operation["security"] for name in each}
        known = body["components"]["securitySchemes"].keys()
        if (method, path) not in PUBLIC and not schemes <= known:
            yield f"{method} {path} requires no signature"


@rule(
    changed(*POST, "security", to=[{"Cognito": [SCOPE]}]),
    changed(*POST, "security", to=[{"CognitoScopes": [SCOPE]}]),
    changed(*SET_UP_MFA, "security", to=[{"Cognito": []}]),
    changed(*SET_UP_MFA, "security", to=[{"CognitoScopes": []}]),
)
def test_only_account_routes_take_access_tokens(template: Template) -> Iterator[str]:
    """fault 11. Without a scope, API Gateway accepts ID tokens. With one, it accepts access tokens.

    An access token can change the account at Cognito itself, so no other route requires it.
    """
    for method, path, operation, _ in operations(template):
        expected = {"CognitoScopes": [SCOPE]} if (method, path) in ACCOUNT else {"Cognito": []}
        if (method, path) not in PUBLIC and operation["security"] != [expected]:
            yield f"{method} {path} has the security {operation['security']}, not [{expected}]"


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_the_same_public_routes_and_account_routes(mode: str) -> None:
    """fault 11"""
    found = {
        (method, path): next(iter(operation["security"][0]))
        for method, path, operation, _ in operations(stack.translated(ApiAuthorizer=mode))
    }

    assert set(found.values()) == {mode, "CognitoScopes", "NONE"}
    assert {route for route, scheme in found.items() if scheme == "NONE"} == PUBLIC
    if mode != "CognitoScopes":
        assert {route for route, scheme in found.items() if scheme == "CognitoScopes"} == ACCOUNT


@rule(
    without(*AUDIENCE),
    changed(*AUDIENCE, to=".*"),
    changed(*AUDIENCE, to={"Fn::Sub": "${UserPoolClient}"}),
)
def test_only_id_tokens_of_the_stacks_client_are_accepted(template: Template) -> Iterator[str]:
    """fault 11. A user pool can have clients of other applications, with their own tokens."""
    for _, api in resources(template, "AWS::ApiGateway::RestApi"):
        scheme = api["Body"]["components"]["securitySchemes"]["Cognito"]
        audience = scheme["x-amazon-apigateway-authorizer"].get("identityValidationExpression")
        if audience != {"Fn::Sub": "^${UserPoolClient}$"}:
            yield f"Cognito accepts the ID tokens of {audience}"


@rule(
    changed(*FUNCTION, "credentials", to="arn:aws:iam::*:user/*"),
    of=partial(stack.translated, ApiAuthorizer="AWS_IAM"),
)
def test_no_function_is_invoked_as_the_caller(template: Template) -> Iterator[str]:
    """By default, SAM does that with AWS_IAM, and every caller must be allowed to invoke it."""
    for method, path, operation, _ in operations(template):
        integration = operation["x-amazon-apigateway-integration"]
        if integration["type"] == "aws_proxy" and "credentials" in integration:
            yield f"{method} {path} invokes its function as {integration['credentials']}"


PREFLIGHT = (*BODY, "paths", "/users", "options")
PREFLIGHT_MOCK = (*PREFLIGHT, "x-amazon-apigateway-integration")
PREFLIGHT_HEADERS = [
    f"Access-Control-{name}"
    for name in ("Allow-Headers", "Allow-Methods", "Allow-Origin", "Max-Age")
]
ALLOW_HEADERS = "method.response.header.Access-Control-Allow-Headers"


@rule(
    without(*PREFLIGHT),
    without(*PREFLIGHT_MOCK, "passthroughBehavior"),
    changed(*PREFLIGHT_MOCK, "passthroughBehavior", to="when_no_match"),
    changed(*PREFLIGHT_MOCK, "requestTemplates", to={}),
    changed(*PREFLIGHT_MOCK, "requestTemplates", "application/json", to="$input.body"),
    without(*PREFLIGHT_MOCK, "responses", "default", "responseParameters", ALLOW_HEADERS),
    without(*PREFLIGHT, "responses", "204", "headers", "Access-Control-Max-Age"),
    changed(*PREFLIGHT, "security", to=[{"Cognito": []}]),
)
def test_every_path_has_a_preflight_that_ignores_the_body(template: Template) -> Iterator[str]:
    """fault 64. A mock integration without a template for a content type answers 500: it looks for
    its status in the body of the request (aws-sam-cli issue 2483). SAM's own preflights do that.
    """
    for _, api in resources(template, "AWS::ApiGateway::RestApi"):
        for path, methods in api["Body"]["paths"].items():
            preflight = methods.get("options", {"responses": {"204": {}}})
            mock = preflight.get("x-amazon-apigateway-integration", {"responses": {"default": {}}})
            if mock.get("passthroughBehavior") != "never" or (
                mock["requestTemplates"] != {"application/json": '{"statusCode": 204}'}
            ):
                yield f"{path} has no `*Preflight` in the DefinitionBody"
            if preflight.get("security"):
                yield f"a preflight of {path} requires a token, which browsers do not send"
            sent = mock["responses"]["default"].get("responseParameters", {})
            declared = preflight["responses"]["204"].get("headers", {})
            for header in PREFLIGHT_HEADERS:
                if f"method.response.header.{header}" not in sent or header not in declared:
                    yield f"a preflight of {path} has no {header}"


@rule(
    without(*STAGE, "MethodSettings"),
    without(*STAGE, "MethodSettings", 0, "ThrottlingRateLimit"),
    without(*STAGE, "MethodSettings", 0, "ThrottlingBurstLimit"),
    changed(*STAGE, "MethodSettings", 0, "ResourcePath", to="/orders"),
)
def test_every_stage_limits_the_rate_of_requests(template: Template) -> Iterator[str]:
    """fault 10"""
    for name, stage in resources(template, "AWS::ApiGateway::Stage"):
        limited = {
            (setting["ResourcePath"], setting["HttpMethod"])
            for setting in stage.get("MethodSettings", [])
            if {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= setting.keys()
        }
        if ("/*", "*") not in limited:
            yield f"{name} has only the limits of the account, which other APIs share"


@rule(changed(*STAGE, "MethodSettings", 0, "DataTraceEnabled", to=True))
def test_no_stage_logs_whole_requests(template: Template) -> Iterator[str]:
    for name, stage in resources(template, "AWS::ApiGateway::Stage"):
        if any(setting.get("DataTraceEnabled") for setting in stage.get("MethodSettings", [])):
            yield f"{name} logs tokens and bodies"


@rule(
    replaced(*ACCESS_LOG, old="$context.resourcePath", new="$context.path"),
    replaced(*ACCESS_LOG, old="$context.status", new="$context.identity.userAgent"),
    replaced(*ACCESS_LOG, old="$context.status", new="$input.params('Authorization')"),
    replaced(*ACCESS_LOG, old="claims.sub", new="claims.email"),
)
def test_the_access_log_contains_no_personal_data(template: Template) -> Iterator[str]:
    """API Gateway escapes nothing in it, so no value may have characters of the client's choice."""
    for name, stage in resources(template, "AWS::ApiGateway::Stage"):
        text = stage["AccessLogSetting"]["Fn::If"][1]["Format"]
        used = {variable.removeprefix("$context.") for variable in re.findall(r"\$[\w.]+", text)}
        for variable in sorted(used - LOGGED):
            yield f"{name} logs {variable}"


@rule(
    replaced(*ACCESS_LOG, old="{", new=""),
    replaced(*ACCESS_LOG, old=",", new=",\n"),
)
def test_a_line_of_the_access_log_is_json(template: Template) -> Iterator[str]:
    for name, stage in resources(template, "AWS::ApiGateway::Stage"):
        text = stage["AccessLogSetting"]["Fn::If"][1]["Format"]
        if not is_json(text) or "\n" in text:
            yield f"{name} logs {text!r}, which is not JSON on one line"


@rule(without("ApiLogGroup", "Metadata"))
def test_a_stage_depends_on_the_role_that_writes_its_log(template: Template) -> Iterator[str]:
    """API Gateway rejects a stage with an access log until the account has the role."""
    accounts = [name for name, _ in resources(template, "AWS::ApiGateway::Account")]
    for name, stage in resources(template, "AWS::ApiGateway::Stage"):
        [group, _] = stage["AccessLogSetting"]["Fn::If"][1]["DestinationArn"]["Fn::GetAtt"]
        references = json.dumps(template["Resources"][group])
        for account in accounts:
            if json.dumps({"Ref": account}) not in references:
                yield f"CloudFormation may create {name} before {account}"


def test_sam_adds_the_routes_of_the_functions_to_the_definition() -> None:
    """Without `MergeDefinitions`, SAM leaves them out without an error."""
    routes = {
        (event["Properties"]["Method"].lower(), event["Properties"]["Path"])
        for function in stack.raw()["Resources"].values()
        if function["Type"] == "AWS::Serverless::Function"
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    }

    deployed = {(method, path) for method, path, _, _ in operations(stack.translated())}

    assert routes != set()
    assert routes - deployed == set(), "the translated API lacks these routes"


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
