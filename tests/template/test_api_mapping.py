"""The mapping templates of the direct operations: what the queue gets and what the client gets."""

import re
from collections.abc import Iterator
from typing import Any

from project.template import Template
from tests.template.openapi import INTEGRATION, POST, REFUSAL, REQUEST, direct_operations
from tests.template.rules import changed, replaced, rule, without

CHECKED = {"${context.requestTimeEpoch}", "${orderID}", "${trace}"}
"""What is sent without encoding, because the client cannot choose it or a condition checks it."""

CONDITIONS = (
    '#if(!$orderID.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))',
    '#if($trace.matches("1-[0-9a-f]{8}-[0-9a-f]{24}"))',
)


@rule(
    replaced(*REQUEST, old="${util.urlEncode($order)}", new="${order}"),
    replaced(*REQUEST, old="${util.urlEncode($order)}", new="${input.body}"),
    replaced(*REQUEST, old="${util.urlEncode($placedBy)}", new="${placedBy}"),
    replaced(*REQUEST, old="Action=SendMessage", new="Action=${input.params().path.orderID}"),
    replaced(*REQUEST, old="#else##", new="#else&MessageBody=${order}##"),
    replaced(*REQUEST, old='#if(!$orderID.matches("[', new='#if(!$orderID.matches("[g'),
    replaced(*REQUEST, old='#if($trace.matches("', new='#if($trace.matches(".'),
)
def test_every_value_in_a_message_is_encoded_or_checked(template: Template) -> Iterator[str]:
    """fault 1, fault 2"""
    for method, path, operation, _ in direct_operations(template):
        for line in sent_lines(operation):
            rest = re.sub(r"\$\{util\.urlEncode\(\$\w+\)\}", "", line)
            for value in sorted(set(re.findall(r"\$[^&#]+", rest)) - CHECKED):
                yield f"{method} {path} sends {value} without encoding"
        [text] = operation["x-amazon-apigateway-integration"]["requestTemplates"].values()
        for condition in CONDITIONS:
            if condition not in text:
                yield f"{method} {path} lacks the check {condition}"


@rule(
    replaced(*REQUEST, old="${context.requestTimeEpoch}", new="$context.requestTimeEpoch"),
    replaced(*REQUEST, old="=${orderID}", new="=$orderID"),
    replaced(*REFUSAL, old="#else##", new="#else##\n$context.requestId##"),
    replaced(*REQUEST, old='"$!{context.xrayTraceId}"', new='"$!context.xrayTraceId"'),
)
def test_every_rendered_reference_has_braces(template: Template) -> Iterator[str]:
    """fault 51. Velocity 1.7 renders `##` directly after a reference without braces as text."""
    for method, path, operation, _ in direct_operations(template):
        for text in mapping_templates(operation):
            rendered = re.sub(r"(?m)^#(set|if|elseif)\([^\n]*\)(#end)?##$", "", text)
            strings = " ".join(re.findall(r'"[^"\n]*"', text))
            for reference in re.findall(r"\$!?\w[\w.]*", without_braced(rendered + strings)):
                yield f"{method} {path} renders {reference} without braces"


@rule(
    replaced(*REFUSAL, old="$!{input.json('$')}", new="$!{input.body}"),
    replaced(*REFUSAL, old="$!{input.json('$')}", new="$!{input.params('x')}"),
)
def test_response_templates_use_only_what_is_documented_for_responses(
    template: Template,
) -> Iterator[str]:
    """fault 51. `$input.body` and `$input.params` are documented for requests only."""
    for method, path, operation, _ in direct_operations(template):
        for response in operation["x-amazon-apigateway-integration"]["responses"].values():
            for text in response["responseTemplates"].values():
                for wrong in re.findall(r"input\.(?!path\(|json\()\w+", text):
                    yield f"a response of {method} {path} uses ${wrong}"


@rule(replaced(*REQUEST, old="Action=SendMessage##", new="Action=SendMessage"))
def test_no_line_break_of_a_template_is_sent(template: Template) -> Iterator[str]:
    for method, path, operation, _ in direct_operations(template):
        for text in operation["x-amazon-apigateway-integration"]["requestTemplates"].values():
            for line in text.splitlines()[:-1]:
                if not line.endswith("##"):
                    yield f"{method} {path} sends the line break after {line!r}"


@rule(
    changed(*INTEGRATION, "responses", "default", "statusCode", to="200"),
    changed(*INTEGRATION, "responses", "default", "statusCode", to="400"),
    without(*INTEGRATION, "responses", "default"),
    changed(*INTEGRATION, "responses", "4\\d{2}", to={"statusCode": "202"}),
)
def test_only_a_queued_order_is_accepted(template: Template) -> Iterator[str]:
    """fault 8"""
    for method, path, operation, _ in direct_operations(template):
        responses = operation["x-amazon-apigateway-integration"]["responses"]
        default = responses.get("default", {}).get("statusCode", "200")
        if int(default) < 500:
            yield f"{method} {path} answers {default} if SQS rejects the message"
        for pattern, response in responses.items():
            if int(response["statusCode"]) < 300 and not pattern.startswith("2"):
                yield f"{method} {path} answers {response['statusCode']} to {pattern} of SQS"


@rule(
    changed(*REFUSAL, to="$input.json('$')"),
    without(*INTEGRATION, "responses", "default", "responseTemplates"),
    without(*INTEGRATION, "responses", "200", "responseTemplates"),
)
def test_no_response_contains_the_answer_of_sqs(template: Template) -> Iterator[str]:
    """fault 8. Directives may read it. Without a template, it is the body of the response."""
    for method, path, operation, _ in direct_operations(template):
        responses = operation["x-amazon-apigateway-integration"]["responses"]
        for pattern, response in responses.items():
            texts = list(response.get("responseTemplates", {}).values())
            sent = [line for text in texts for line in text.splitlines() if line[:1] != "#"]
            if not texts or any("$input" in line for line in sent):
                yield f"{method} {path} shows the client the answer {pattern} of SQS"


@rule(
    without(*INTEGRATION, "responses", "default", "responseParameters"),
    without(*POST, "responses", "503"),
)
def test_every_response_of_a_direct_operation_has_cors_headers(
    template: Template,
) -> Iterator[str]:
    header = "method.response.header.Access-Control-Allow-Origin"
    for method, path, operation, _ in direct_operations(template):
        for response in operation["x-amazon-apigateway-integration"]["responses"].values():
            declared = operation["responses"].get(response["statusCode"], {}).get("headers", {})
            if header not in response.get("responseParameters", {}) or not declared:
                yield f"{method} {path} answers {response['statusCode']} without CORS headers"


def sent_lines(operation: dict[str, Any]) -> Iterator[str]:
    """Return the lines of an operation's request templates that are sent, without directives."""
    for text in operation["x-amazon-apigateway-integration"]["requestTemplates"].values():
        for line in text.splitlines():
            if not line.startswith("#") or re.search(r"&\w", line):
                yield line


def mapping_templates(operation: dict[str, Any]) -> Iterator[str]:
    """Return the request and response templates of an operation."""
    integration = operation["x-amazon-apigateway-integration"]
    yield from integration["requestTemplates"].values()
    for response in integration["responses"].values():
        yield from response["responseTemplates"].values()


def without_braced(text: str) -> str:
    """Return a text without its references in braces."""
    return re.sub(r"\$!?\{[^{}]*\}", "", text)
