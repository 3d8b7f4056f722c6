"""Every mapping template of the API, rendered by Velocity 1.7 and by the gateway's engine."""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import validate_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from local.gateway import velocity
from local.gateway.definition import ApiDefinition, Operation
from tests.harness import order_bodies
from tests.harness.edge import one_value_each, stack
from tests.velocity import strategies
from tests.velocity.conftest import Rendered, Velocity17

pytestmark = pytest.mark.xdist_group("velocity")

ALLOWED = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
"""The characters that a message may contain (SQS API reference, `SendMessage`)."""
SQS = get_session().get_service_model("sqs")

OPERATIONS = ApiDefinition.of(stack()).operations
DIRECT = [each for each in OPERATIONS if each.integration["type"] == "aws"]
MOCKS = [each for each in OPERATIONS if each.integration["type"].lower() == "mock"]
by_route = pytest.mark.parametrize(
    "operation", DIRECT, ids=lambda each: f"{each.method} {each.resource}"
)
many = settings(max_examples=500, deadline=None)


@pytest.mark.ci
@by_route
@many
@given(data=st.data(), body=strategies.bodies)
def test_both_engines_render_the_same_request_and_it_is_valid_for_sqs(
    velocity17: Velocity17, operation: Operation, data: st.DataObject, body: str
) -> None:
    """fault 51, fault 52"""
    context = data.draw(strategies.contexts(operation))
    [template] = operation.integration["requestTemplates"].values()

    rendered = rendered_alike(velocity17, template, body, context)

    form = one_value_each(rendered.text)
    if form["Action"] == "SendMessage":
        sent = message(form)
        validate_parameters(sent, SQS.shape_for("SendMessageRequest"))
        assert_valid(sent)
        assert sent["MessageBody"] == body.encode(errors="replace").decode()
    else:
        assert form.keys() == {"Action"}
        assert form["Action"] in strategies.REFUSALS


@by_route
def test_both_engines_render_the_largest_order(
    velocity17: Velocity17, operation: Operation
) -> None:
    """fault 6, fault 51. Regular expressions in Java could exceed the stack."""
    [template] = operation.integration["requestTemplates"].values()
    order = f'{{"item": "{"😀" * 32_762}"}}'

    rendered = rendered_alike(velocity17, template, order, context_of(operation))

    assert message(one_value_each(rendered.text))["MessageBody"] == order


@by_route
@pytest.mark.parametrize("body", order_bodies.HOSTILE, ids=order_bodies.HOSTILE_IDS)
def test_no_order_makes_an_expression_run_away(
    velocity17: Velocity17, operation: Operation, body: str
) -> None:
    """fault 62. Backtracking would take years, and a deep recursion ends the engine."""
    [template] = operation.integration["requestTemplates"].values()

    rendered = rendered_alike(velocity17, template, body, context_of(operation))

    assert one_value_each(rendered.text)["Action"] != "OrderIsTooLarge"


@pytest.mark.ci
@by_route
@many
@given(data=st.data(), answer=strategies.answers)
def test_both_engines_render_the_same_response_and_it_has_the_documented_format(
    velocity17: Velocity17, operation: Operation, data: st.DataObject, answer: str
) -> None:
    """fault 8, fault 51"""
    context = {
        **data.draw(strategies.contexts(operation)),
        "path": f"/v1/orders/{data.draw(strategies.uuids)}",
    }
    key = data.draw(st.sampled_from(sorted(operation.integration["responses"])))
    [template] = operation.integration["responses"][key]["responseTemplates"].values()

    rendered = rendered_alike(velocity17, template, answer, context)

    assert json.loads(rendered.text).keys() in ({"orderID"}, {"message", "details"})
    assert rendered.status in ("", "400", "413")


@by_route
@given(order_id=st.one_of(strategies.uuids, strategies.uuids.map(str.upper)))
def test_the_id_in_the_queue_is_the_id_in_the_response(operation: Operation, order_id: str) -> None:
    context = {
        "requestId": order_id,
        "requestTimeEpoch": 1_700_000_000_000,
        "httpMethod": operation.method,
        "path": f"/v1/orders/{order_id}/",
        "authorizer": {"sub": "caller"},
    }
    [request] = operation.integration["requestTemplates"].values()
    [response] = operation.integration["responses"]["200"]["responseTemplates"].values()

    queued = message(one_value_each(rendered_here(request, '{"item": "tea"}', context).text))
    body = json.loads(rendered_here(response, "{}", context).text)

    assert queued["MessageAttributes"]["orderID"]["StringValue"] == body["orderID"]
    assert body == {"orderID": order_id.lower()}


def test_both_engines_render_the_same_json_for_preflight_requests(velocity17: Velocity17) -> None:
    """fault 51"""
    assert MOCKS != []
    for operation in MOCKS:
        responses = operation.integration["responses"].values()
        texts = [*operation.integration["requestTemplates"].values()]
        texts += [
            text for each in responses for text in (each.get("responseTemplates") or {}).values()
        ]
        for text in texts:
            assert isinstance(json.loads(rendered_alike(velocity17, text, "", {}).text), dict)


def rendered_alike(
    velocity17: Velocity17, template: str, body: str, context: dict[str, Any]
) -> Rendered:
    """Render a template with both engines, and assert that the results are equal."""
    real = velocity17.render(template, body=body, context=context, parameters=NO_PARAMETERS)

    assert rendered_here(template, body, context) == real
    return real


def rendered_here(template: str, body: str, context: dict[str, Any]) -> Rendered:
    override: dict[str, Any] = {"status": None, "header": {}}
    context = {**copy.deepcopy(context), "responseOverride": override}
    text = velocity.render(template, body=body, context=context, parameters=NO_PARAMETERS)
    return Rendered(text, str(override["status"] or ""))


def context_of(operation: Operation) -> dict[str, Any]:
    """Return `$context` of a request to this operation."""
    return {
        "requestId": str(uuid.UUID(int=0)),
        "requestTimeEpoch": 1_700_000_000_000,
        "httpMethod": operation.method,
        "path": f"/v1/orders/{uuid.UUID(int=0)}",
        "authorizer": {"sub": "caller"},
    }


NO_PARAMETERS: velocity.Parameters = {"path": {}, "querystring": {}, "header": {}}


def message(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of SendMessage in a form of the query protocol."""
    left = dict(form)
    assert left.pop("Action") == "SendMessage"
    sent: dict[str, Any] = {"QueueUrl": "in the path"}
    sent |= {name: left.pop(name) for name in ("MessageBody", "MessageGroupId")}
    for kind in ("MessageAttribute", "MessageSystemAttribute"):
        attributes = sent[f"{kind}s"] = {}
        while (start := f"{kind}.{len(attributes) + 1}.") + "Name" in left:
            name = left.pop(f"{start}Name")
            fields = [each for each in left if each.startswith(f"{start}Value.")]
            attributes[name] = {each.rpartition(".")[2]: left.pop(each) for each in fields}
    assert left == {}
    return sent


def assert_valid(sent: Mapping[str, Any]) -> None:
    """Assert the rules of SQS that are not in its model (SQS guide, "Message attributes")."""
    assert ALLOWED.fullmatch(sent["MessageBody"])
    assert re.fullmatch("[!-~]{1,128}", sent["MessageGroupId"])
    assert sent["MessageAttributes"].keys() == {"orderID", "placedAt", "placedBy"}
    for attributes in (sent["MessageAttributes"], sent["MessageSystemAttributes"]):
        for name, attribute in attributes.items():
            assert re.fullmatch(r"[\w.-]{1,256}", name, re.ASCII)
            assert attribute.keys() == {"DataType", "StringValue"}
            assert ALLOWED.fullmatch(attribute["StringValue"])
            if attribute["DataType"] == "Number":
                assert re.fullmatch(r"\d{1,38}", attribute["StringValue"], re.ASCII)
            else:
                assert attribute["DataType"] == "String"
