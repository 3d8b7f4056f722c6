"""The API: who may call it, what it lets through, what it answers, and what it logs."""

import json
import re
from collections.abc import Iterator
from typing import Any

from common.orders import SCHEMA
from project import template as stack
from project.template import Template
from tests.template.convention import cases, changed, convention, replaced, resources, without

PUBLIC = {
    ("post", "/users"),
    ("post", "/users/challenge"),
    ("post", "/users/confirm"),
    ("post", "/users/forgot-password"),
    ("post", "/users/login"),
    ("post", "/users/logout"),  # hands the token to Cognito, which checks it
    ("post", "/users/refresh"),
    ("post", "/users/resend-code"),
    ("post", "/users/reset-password"),
}
"""The operations that need no token, as ("post", "/users")."""

# What the client cannot choose, or has to look as the template says, is sent as it is.
CHECKED = {"${context.requestTimeEpoch}", "${orderID}", "${trace}"}

# Gateway responses put variables in without escaping them (API Gateway guide, "Gateway
# responses"). These are JSON: one has its quotes, the other is one of API Gateway's own words.
SAFE = {"$context.error.messageString": '"…"', "$context.error.responseType": "UNAUTHORIZED"}

BODY = ("Api", "Properties", "Body")
ORDER = (*BODY, "components", "schemas", "Order")
POST = (*BODY, "paths", "/orders", "post")
QUEUE = (*POST, "x-amazon-apigateway-integration")
REQUEST = (*QUEUE, "requestTemplates", "application/json")
REFUSAL = (*QUEUE, "responses", "default", "responseTemplates", "application/json")
STAGE = ("Apiv1Stage", "Properties")
ACCESS_LOG = (*STAGE, "AccessLogSetting", "Fn::If", 1, "Format")
GATEWAY_RESPONSES = (*BODY, "x-amazon-apigateway-gateway-responses")


@convention(
    without(*POST, "security"),
    changed(*POST, "security", to=[]),
    changed(*POST, "security", to=[{"NONE": []}]),
    changed(*POST, "security", to=[{"Cognito": ["aws.cognito.signin.user.admin"]}, {}]),
)
def test_every_operation_but_the_public_ones_needs_a_token(template: Template) -> Iterator[str]:
    """fault 11"""
    for method, path, operation, body in operations(template):
        schemes = [name for scheme in operation.get("security", [{}]) for name in scheme or [""]]
        known = body["components"]["securitySchemes"]
        if (method, path) not in PUBLIC and not (
            schemes and all(name in known for name in schemes)
        ):
            yield f"{method} {path} answers anybody"


@convention(changed(*POST, "security", to=[{"Cognito": []}]))
def test_an_id_token_is_no_access_token(template: Template) -> Iterator[str]:
    """fault 11. Without a scope API Gateway takes ID tokens, and only them."""
    for method, path, operation, _ in operations(template):
        for scheme in operation.get("security", []):
            if "Cognito" in scheme and scheme["Cognito"] != ["aws.cognito.signin.user.admin"]:
                yield f"{method} {path} takes ID tokens"


@convention(
    changed(*QUEUE, "passthroughBehavior", to="when_no_match"),
    without(*QUEUE, "passthroughBehavior"),
    without(*POST, "x-amazon-apigateway-request-validator"),
    changed(
        *(*BODY, "x-amazon-apigateway-request-validators", "all", "validateRequestBody"), to=False
    ),
    without(*POST, "requestBody", "content", "$default"),
    changed(*POST, "requestBody", "content", "text/plain", to={}),
    changed(*POST, "requestBody", "required", to=False),
)
def test_no_body_reaches_a_queue_unchecked(template: Template) -> Iterator[str]:
    """fault 4, fault 5. A content type without a model of its own is checked by `$default`."""
    for method, path, operation, body in direct_operations(template):
        validators = body["x-amazon-apigateway-request-validators"]
        validator = validators.get(operation.get("x-amazon-apigateway-request-validator"), {})
        models = operation["requestBody"]["content"]
        if operation["x-amazon-apigateway-integration"].get("passthroughBehavior") != "never":
            yield f"{method} {path} passes other content types through"
        if not validator.get("validateRequestBody"):
            yield f"{method} {path} does not validate"
        if "$default" not in models or not all("schema" in model for model in models.values()):
            yield f"{method} {path} has models for {sorted(models)} alone"
        if not operation["requestBody"].get("required"):
            yield f"{method} {path} takes no body for a body"


@convention(
    changed(
        *(*POST, "parameters"),
        to=[{"name": "content-type", "in": "header", "required": True, "schema": {}}],
    ),
)
def test_no_parameter_is_one_that_an_import_ignores(template: Template) -> Iterator[str]:
    """fault 4. OpenAPI 3 does, "Parameter Object": such a requirement is kept by nobody."""
    for method, path, operation, _ in operations(template):
        for each in operation.get("parameters", []):
            ignored = ("accept", "authorization", "content-type")
            if each["in"] == "header" and each["name"].lower() in ignored:
                yield f"{method} {path} asks for {each['name']} in vain"


@convention(
    changed(*POST, "requestBody", "content", "application/json", to={"schema": {"type": "object"}})
)
def test_what_is_validated_is_an_order(template: Template) -> Iterator[str]:
    """fault 5. The gateway response to an invalid body tells the rules of an order."""
    for method, path, operation, _ in operations(template):
        if "x-amazon-apigateway-request-validator" in operation:
            for content in operation["requestBody"]["content"].values():
                if content["schema"] != {"$ref": "#/components/schemas/Order"}:
                    yield f"{method} {path} is told the rules of an order"


@convention(
    changed(*ORDER, "additionalProperties", to=True),
    without(*ORDER, "properties", "item", "maxLength"),
)
def test_the_writer_checks_what_the_edge_checks(template: Template) -> Iterator[str]:
    for name, api in resources(template, "AWS::ApiGateway::RestApi"):
        if api["Body"]["components"]["schemas"]["Order"] != SCHEMA:
            yield f"{name} and common.orders disagree on what an order is"


@convention(
    changed(*ORDER, "properties", "quantity", "exclusiveMinimum", to=True),
    changed(*ORDER, "minProperties", to=1),
)
def test_no_model_needs_what_an_import_drops(template: Template) -> Iterator[str]:
    """API Gateway guide, "Important notes for REST APIs": no error, the edge just lets it in."""
    dropped = "exclusiveM(ini|axi)mum|(min|max)(Items|Properties)|oneOf|discriminator|nullable"
    for name, api in resources(template, "AWS::ApiGateway::RestApi"):
        for model, schema in api["Body"]["components"]["schemas"].items():
            for keyword in re.finditer(f'"({dropped})":', json.dumps(schema)):
                yield f"{name}'s {model} says {keyword[1]} in vain"


@convention(
    replaced(*REQUEST, old="${util.urlEncode($order)}", new="${order}"),
    replaced(*REQUEST, old="${util.urlEncode($order)}", new="${input.body}"),
    replaced(*REQUEST, old="${util.urlEncode($placedBy)}", new="${placedBy}"),
    replaced(*REQUEST, old="Action=SendMessage", new="Action=${input.params().path.orderID}"),
    replaced(*REQUEST, old="#else##", new="#else&MessageBody=${order}##"),
    replaced(*REQUEST, old='#if(!$orderID.matches("[', new='#if(!$orderID.matches("[g'),
    replaced(*REQUEST, old='#if($trace.matches("', new='#if($trace.matches(".'),
)
def test_every_value_in_a_message_is_encoded(template: Template) -> Iterator[str]:
    """fault 1, fault 2"""
    for method, path, operation, _ in direct_operations(template):
        for line in form(operation):
            bare = re.sub(r"\$\{util\.urlEncode\(\$\w+\)\}", "", line)
            values = set(re.findall(r"\$[^&#]+", bare)) - CHECKED
            if values:
                yield f"{method} {path} sends {sorted(values)} as it comes"
        [text] = operation["x-amazon-apigateway-integration"]["requestTemplates"].values()
        for check in (
            '#if(!$orderID.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))',
            '#if($trace.matches("1-[0-9a-f]{8}-[0-9a-f]{24}"))',
        ):
            if check not in text:
                yield f"{method} {path} does not say {check}"


@convention(
    replaced(*REQUEST, old="${context.requestTimeEpoch}", new="$context.requestTimeEpoch"),
    replaced(*REQUEST, old="=${orderID}", new="=$orderID"),
    replaced(*REFUSAL, old="#else##", new="#else##\n$context.requestId##"),
    replaced(*REQUEST, old='"$!{context.xrayTraceId}"', new='"$!context.xrayTraceId"'),
)
def test_every_reference_that_is_rendered_has_braces(template: Template) -> Iterator[str]:
    """fault 51. To Velocity 1.7 `##` directly after a bare reference with a dot is text."""
    for method, path, operation, _ in direct_operations(template):
        for text in mapping_templates(operation):
            rendered = re.sub(r"(?m)^#(set|if|elseif)\([^\n]*\)(#end)?##$", "", text)
            strings = " ".join(re.findall(r'"[^"\n]*"', text))
            for bare in re.findall(r"\$!?\w[\w.]*", unbraced(rendered + strings)):
                yield f"{method} {path} renders {bare}"


@convention(
    replaced(*REFUSAL, old="$!{input.json('$')}", new="$!{input.body}"),
    replaced(*REFUSAL, old="$!{input.json('$')}", new="$!{input.params('x')}"),
)
def test_a_response_is_read_as_the_guide_says(template: Template) -> Iterator[str]:
    """fault 51. `$input.body` and `$input.params` are documented for requests alone."""
    for method, path, operation, _ in direct_operations(template):
        for response in operation["x-amazon-apigateway-integration"]["responses"].values():
            for text in response["responseTemplates"].values():
                for wrong in re.findall(r"input\.(?!path\(|json\()\w+", text):
                    yield f"{method} {path} reads ${wrong} of a response"


@convention(replaced(*REQUEST, old="Action=SendMessage##", new="Action=SendMessage"))
def test_no_line_break_of_the_template_gets_into_a_message(template: Template) -> Iterator[str]:
    for method, path, operation, _ in direct_operations(template):
        for text in operation["x-amazon-apigateway-integration"]["requestTemplates"].values():
            if not all(line.endswith("##") for line in text.splitlines()[:-1]):
                yield f"{method} {path} sends a line break"


@convention(
    changed(*QUEUE, "responses", "default", "statusCode", to="200"),
    changed(*QUEUE, "responses", "default", "statusCode", to="400"),
    without(*QUEUE, "responses", "default"),
    changed(*QUEUE, "responses", "4\\d{2}", to={"statusCode": "202"}),
)
def test_only_what_is_queued_is_accepted(template: Template) -> Iterator[str]:
    """fault 8"""
    for method, path, operation, _ in direct_operations(template):
        responses = operation["x-amazon-apigateway-integration"]["responses"]
        if int(responses.get("default", {}).get("statusCode", 200)) < 500:
            yield f"{method} {path} blames the client, or nobody, when SQS refuses"
        for pattern, response in responses.items():
            if int(response["statusCode"]) < 300 and not pattern.startswith("2"):
                yield f"{method} {path} answers {response['statusCode']} to SQS's {pattern}"


@convention(
    changed(*REFUSAL, to="$input.json('$')"),
    without(*QUEUE, "responses", "default", "responseTemplates"),
    without(*QUEUE, "responses", "200", "responseTemplates"),
)
def test_no_client_sees_what_sqs_says(template: Template) -> Iterator[str]:
    """fault 8. A directive may read it; without a template it goes through as it is."""
    for method, path, operation, _ in direct_operations(template):
        responses = operation["x-amazon-apigateway-integration"]["responses"]
        for pattern, response in responses.items():
            texts = list(response.get("responseTemplates", {}).values())
            said = [line for text in texts for line in text.splitlines() if line[:1] != "#"]
            if not texts or any("$input" in line for line in said):
                yield f"{method} {path} shows the client SQS's {pattern}"


@convention(
    without(*QUEUE, "responses", "default", "responseParameters"),
    without(*POST, "responses", "503"),
)
def test_a_browser_may_read_every_answer_of_a_queue(template: Template) -> Iterator[str]:
    header = "method.response.header.Access-Control-Allow-Origin"
    for method, path, operation, _ in direct_operations(template):
        for response in operation["x-amazon-apigateway-integration"]["responses"].values():
            declared = operation["responses"].get(response["statusCode"], {}).get("headers", {})
            if header not in response.get("responseParameters", {}) or not declared:
                yield f"{method} {path} answers {response['statusCode']} without CORS"


@convention(
    without(*GATEWAY_RESPONSES, "DEFAULT_4XX"),
    without(*GATEWAY_RESPONSES, "DEFAULT_5XX", "responseParameters"),
    changed(
        *(*GATEWAY_RESPONSES, "DEFAULT_4XX", "responseTemplates", "application/json"),
        to='{"message": "$context.error.message", "type": "$context.error.responseType"}',
    ),
    changed(
        *(*GATEWAY_RESPONSES, "DEFAULT_4XX", "responseTemplates", "application/json"),
        to='{"message": $context.error.message, "details": []}',
    ),
    changed(
        *(*GATEWAY_RESPONSES, "BAD_REQUEST_BODY", "responseTemplates", "application/json"),
        to='{"message": "no", "details": ["$context.error.validationErrorString"]}',
    ),
    changed(
        *(*GATEWAY_RESPONSES, "DEFAULT_4XX", "responseTemplates", "application/json"),
        to='{"message": "no: $context.path", "details": []}',
    ),
    changed(
        *(*GATEWAY_RESPONSES, "DEFAULT_4XX", "responseTemplates", "application/json"),
        to='{"message": "no: $method.request.querystring.q", "details": []}',
    ),
)
def test_the_gateways_own_errors_are_in_our_shape(template: Template) -> Iterator[str]:
    header = "gatewayresponse.header.Access-Control-Allow-Origin"
    for name, api in resources(template, "AWS::ApiGateway::RestApi"):
        responses = api["Body"].get("x-amazon-apigateway-gateway-responses", {})
        if not {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses):
            yield f"{name} answers errors in API Gateway's shape"
        for error, response in responses.items():
            if header not in response.get("responseParameters", {}):
                yield f"{name} answers {error} without CORS"
            for text in response.get("responseTemplates", {"": "{}"}).values():
                for variable in set(re.findall(r"\$[\w.]+", text)) - set(SAFE):
                    yield f"{name} answers {error} with {variable}"
                if not ours(text):
                    yield f"{name} answers {error} as {text}"


@convention(
    without(*STAGE, "MethodSettings"),
    without(*STAGE, "MethodSettings", 0, "ThrottlingRateLimit"),
    without(*STAGE, "MethodSettings", 0, "ThrottlingBurstLimit"),
    changed(*STAGE, "MethodSettings", 0, "ResourcePath", to="/orders"),
    changed(*STAGE, "MethodSettings", 0, "DataTraceEnabled", to=True),
)
def test_a_burst_above_the_limit_is_refused(template: Template) -> Iterator[str]:
    """fault 10. And no setting writes whole requests to the log."""
    for name, stage in resources(template, "AWS::ApiGateway::Stage"):
        limited = {
            (setting["ResourcePath"], setting["HttpMethod"])
            for setting in stage.get("MethodSettings", [])
            if {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= setting.keys()
        }
        if ("/*", "*") not in limited:
            yield f"{name} has no limit of its own"
        if any(setting.get("DataTraceEnabled") for setting in stage.get("MethodSettings", [])):
            yield f"{name} logs tokens and bodies"


@convention(
    replaced(*ACCESS_LOG, old="$context.resourcePath", new="$context.path"),
    replaced(*ACCESS_LOG, old="$context.status", new="$context.identity.userAgent"),
    replaced(*ACCESS_LOG, old="$context.status", new="$input.params('Authorization')"),
    replaced(*ACCESS_LOG, old="claims.sub", new="claims.email"),
    replaced(*ACCESS_LOG, old="{", new=""),
)
def test_the_access_log_is_json_and_tells_nothing_personal(template: Template) -> Iterator[str]:
    """Nothing is escaped: no client chooses the characters of what is kept."""
    kept = {
        *("requestId", "requestTime", "httpMethod", "resourcePath", "status", "responseLength"),
        *("responseLatency", "error.responseType", "xrayTraceId", "authorizer.claims.sub"),
        "authorizer.principalId",
    }
    for name, stage in resources(template, "AWS::ApiGateway::Stage"):
        setting = stage["AccessLogSetting"]["Fn::If"][1]
        used = {
            word.removeprefix("$context.") for word in re.findall(r"\$[\w.]+", setting["Format"])
        }
        if used - kept:
            yield f"{name} logs {sorted(used - kept)}"
        if not is_json(setting["Format"]) or "\n" in setting["Format"]:
            yield f"{name} logs what no program reads"


@convention(without("ApiLogGroup", "Metadata"))
def test_the_stage_waits_for_the_role_that_writes_its_log(template: Template) -> Iterator[str]:
    """Without it API Gateway refuses a stage with an access log, and the deployment fails."""
    account = [name for name, _ in resources(template, "AWS::ApiGateway::Account")]
    for name, stage in resources(template, "AWS::ApiGateway::Stage"):
        [group, _] = stage["AccessLogSetting"]["Fn::If"][1]["DestinationArn"]["Fn::GetAtt"]
        if not all(
            json.dumps({"Ref": a}) in json.dumps(template["Resources"][group]) for a in account
        ):
            yield f"{name} may be made before {account}"


def test_the_routes_of_functions_are_merged_into_the_definition() -> None:
    """Without `MergeDefinitions` SAM leaves them out and says nothing."""
    routes = {
        (event["Properties"]["Method"].lower(), event["Properties"]["Path"])
        for function in stack.raw()["Resources"].values()
        if function["Type"] == "AWS::Serverless::Function"
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    }

    deployed = {(method, path) for method, path, _, _ in operations(stack.translated())}

    assert routes != set()
    assert routes <= deployed


def operations(template: Template) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Method, path and definition of every operation but preflights, and the API's body."""
    for _, api in resources(template, "AWS::ApiGateway::RestApi"):
        for path, methods in api["Body"]["paths"].items():
            for method, operation in methods.items():
                if method in ("get", "put", "post", "delete", "patch", "head"):
                    [served] = cases(operation)
                    yield method, path, served, api["Body"]


def direct_operations(
    template: Template,
) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Those that API Gateway hands to a service itself."""
    for method, path, operation, body in operations(template):
        if operation["x-amazon-apigateway-integration"]["type"] == "aws":
            yield method, path, operation, body


def form(operation: dict[str, Any]) -> Iterator[str]:
    """The lines of an operation's mapping templates that are sent, directives left out."""
    for text in operation["x-amazon-apigateway-integration"]["requestTemplates"].values():
        for line in text.splitlines():
            if not line.startswith("#") or re.search(r"&\w", line):
                yield line


def mapping_templates(operation: dict[str, Any]) -> Iterator[str]:
    """All that Velocity renders of an operation."""
    integration = operation["x-amazon-apigateway-integration"]
    yield from integration["requestTemplates"].values()
    for response in integration["responses"].values():
        yield from response["responseTemplates"].values()


def unbraced(text: str) -> str:
    """The text without references in braces, and what may stand in these."""
    return re.sub(r"\$!?\{[^{}]*\}", "", text)


def ours(text: str) -> bool:
    """Whether an error's template gives `{"message": "…", "details": […]}`."""
    for variable, value in SAFE.items():
        text = text.replace(variable, value)
    if not is_json(text):
        return False
    error = json.loads(text)
    return error.keys() == {"message", "details"} and isinstance(error["details"], list)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
