"""The direct operations of the API: every body is an order before it reaches the queue."""

import json
import re
from collections.abc import Iterator

from common.orders import SCHEMA
from project.template import Template
from tests.template.openapi import BODY, INTEGRATION, POST, direct_operations, operations
from tests.template.rules import changed, resources, rule, without

ORDER = (*BODY, "components", "schemas", "Order")
CONTENT = (*POST, "requestBody", "content")

IGNORED_HEADERS = ("accept", "authorization", "content-type")


@rule(
    changed(*INTEGRATION, "passthroughBehavior", to="when_no_match"),
    without(*INTEGRATION, "passthroughBehavior"),
    without(*POST, "x-amazon-apigateway-request-validator"),
    changed(
        *(*BODY, "x-amazon-apigateway-request-validators", "all", "validateRequestBody"), to=False
    ),
    without(*CONTENT, "$default"),
    changed(*CONTENT, "text/plain", to={}),
    changed(*POST, "requestBody", "required", to=False),
)
def test_every_body_is_validated_before_it_is_queued(template: Template) -> Iterator[str]:
    """fault 4, fault 5. The model of `$default` validates content types without their own model."""
    for method, path, operation, body in direct_operations(template):
        validators = body["x-amazon-apigateway-request-validators"]
        validator = validators.get(operation.get("x-amazon-apigateway-request-validator"), {})
        models = operation["requestBody"]["content"]
        if operation["x-amazon-apigateway-integration"].get("passthroughBehavior") != "never":
            yield f"{method} {path} sends other content types to the queue as they are"
        if not validator.get("validateRequestBody"):
            yield f"{method} {path} does not validate bodies"
        if "$default" not in models or not all("schema" in model for model in models.values()):
            yield f"{method} {path} validates only the content types {sorted(models)}"
        if not operation["requestBody"].get("required"):
            yield f"{method} {path} accepts requests without a body"


@rule(
    changed(
        *(*POST, "parameters"),
        to=[{"name": "content-type", "in": "header", "required": True, "schema": {}}],
    ),
)
def test_no_operation_requires_a_header_that_the_import_ignores(
    template: Template,
) -> Iterator[str]:
    """fault 4. OpenAPI 3 ignores these parameters ("Parameter Object"), so nothing checks them."""
    for method, path, operation, _ in operations(template):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "header" and parameter["name"].lower() in IGNORED_HEADERS:
                yield f"{method} {path} requires {parameter['name']}, which is not checked"


@rule(changed(*CONTENT, "application/json", to={"schema": {"type": "object"}}))
def test_only_orders_are_validated_by_api_gateway(template: Template) -> Iterator[str]:
    """fault 5. The gateway response to an invalid body lists the rules of an order."""
    for method, path, operation, _ in operations(template):
        if "x-amazon-apigateway-request-validator" in operation:
            for content in operation["requestBody"]["content"].values():
                if content["schema"] != {"$ref": "#/components/schemas/Order"}:
                    yield f"{method} {path} would answer an invalid body with the rules of an order"


@rule(
    changed(*ORDER, "additionalProperties", to=True),
    without(*ORDER, "properties", "item", "maxLength"),
)
def test_the_model_of_an_order_equals_the_schema_of_the_writer(
    template: Template,
) -> Iterator[str]:
    for name, api in resources(template, "AWS::ApiGateway::RestApi"):
        if api["Body"]["components"]["schemas"]["Order"] != SCHEMA:
            yield f"the model Order of {name} is not SCHEMA in common/orders.py"


@rule(
    changed(*ORDER, "properties", "quantity", "exclusiveMinimum", to=True),
    changed(*ORDER, "minProperties", to=1),
)
def test_no_model_has_a_keyword_that_the_import_ignores(template: Template) -> Iterator[str]:
    """API Gateway reports no error and does not check it ("Important notes for REST APIs")."""
    ignored = "exclusiveM(ini|axi)mum|(min|max)(Items|Properties)|oneOf|discriminator|nullable"
    for name, api in resources(template, "AWS::ApiGateway::RestApi"):
        for model, schema in api["Body"]["components"]["schemas"].items():
            for keyword in re.finditer(f'"({ignored})":', json.dumps(schema)):
                yield f"the model {model} of {name} has {keyword[1]}, which is not checked"
