"""Gateway responses: the errors that API Gateway itself answers."""

import json
import re
from collections.abc import Iterator

from project.template import Template
from tests.template.openapi import BODY
from tests.template.rules import cases, changed, resources, rule, without

RESPONSES = (*BODY, "x-amazon-apigateway-gateway-responses")
TEMPLATE_4XX = (*RESPONSES, "DEFAULT_4XX", "responseTemplates", "application/json")

SAFE = {"$context.error.messageString": '"…"', "$context.error.responseType": "UNAUTHORIZED"}
"""The variables that a response may contain, with a sample value.

API Gateway does not escape variables in gateway responses (API Gateway guide, "Gateway
responses"). `messageString` includes its quotes, `responseType` is one of a few words.
"""


@rule(
    without(*RESPONSES, "DEFAULT_4XX"),
    changed(*TEMPLATE_4XX, to='{"message": "$context.error.responseType"}'),
    changed(*TEMPLATE_4XX, to='{"message": $context.error.messageString, "details": [}'),
)
def test_gateway_responses_have_the_format_of_our_errors(template: Template) -> Iterator[str]:
    for name, api in resources(template, "AWS::ApiGateway::RestApi"):
        responses = api["Body"].get("x-amazon-apigateway-gateway-responses", {})
        for error in sorted({"DEFAULT_4XX", "DEFAULT_5XX"} - set(responses)):
            yield f"{name} answers {error} in API Gateway's own format"
        for error, response in responses.items():
            templates = response.get("responseTemplates", {"": "{}"}).values()
            for text in (text for each in templates for text in cases(each)):
                if not is_error(text):
                    yield f"{name} answers {error} with {text}"


@rule(
    changed(*TEMPLATE_4XX, to='{"message": $context.error.message, "details": []}'),
    changed(*TEMPLATE_4XX, to='{"message": "no: $context.path", "details": []}'),
    changed(*TEMPLATE_4XX, to='{"message": "$method.request.querystring.q", "details": []}'),
    changed(
        *(*RESPONSES, "BAD_REQUEST_BODY", "responseTemplates", "application/json"),
        to='{"message": "no", "details": ["$context.error.validationErrorString"]}',
    ),
)
def test_gateway_responses_contain_only_variables_that_need_no_escaping(
    template: Template,
) -> Iterator[str]:
    for name, api in resources(template, "AWS::ApiGateway::RestApi"):
        for error, response in api["Body"]["x-amazon-apigateway-gateway-responses"].items():
            for text in response.get("responseTemplates", {}).values():
                used = set(re.findall(r"\$[\w.]+", str(cases(text))))
                for variable in sorted(used - set(SAFE)):
                    yield f"{name} answers {error} with {variable}, which is not escaped"


@rule(without(*RESPONSES, "DEFAULT_5XX", "responseParameters"))
def test_gateway_responses_have_cors_headers(template: Template) -> Iterator[str]:
    header = "gatewayresponse.header.Access-Control-Allow-Origin"
    for name, api in resources(template, "AWS::ApiGateway::RestApi"):
        for error, response in api["Body"]["x-amazon-apigateway-gateway-responses"].items():
            if header not in response.get("responseParameters", {}):
                yield f"{name} answers {error} without CORS headers"


def is_error(text: str) -> bool:
    """Return whether a template renders as `{"message": "…", "details": […]}`."""
    for variable, value in SAFE.items():
        text = text.replace(variable, value)
    try:
        error = json.loads(text)
    except ValueError:
        return False
    return error.keys() == {"message", "details"} and isinstance(error["details"], list)
