"""Mapping templates: those of the API with arbitrary input, and the engine's features."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.gateway import velocity
from local.gateway.definition import ApiDefinition, Operation
from tests.harness.edge import one_value_each, stack

ORDER = '{"item": "tea"}'
ORDER_ID = "0b8f7c64-7a0f-4f6e-8d5e-6a1d9c2b3e4f"
TRACE = "1-5f84c7a5-0123456789abcdef01234567"
OPERATIONS = ApiDefinition.of(stack()).operations
DIRECT = [each for each in OPERATIONS if each.integration["type"] == "aws"]

hostile = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                *("&MessageAttribute.1.Name=role", "&DelaySeconds=900", "#set($x=1)", "#end", "##"),
                *("$context.requestId", "$util.urlEncode('x')", "${input.body}", "%00", "\n"),
                *("😀", "+", "=", "&", ";", "\\", '"', "'", "\x00", "~", "*", "\ud800"),
            ]
        )
    ).map("".join),
)


@pytest.mark.slow
@pytest.mark.parametrize("operation", DIRECT, ids=lambda each: f"{each.method} {each.resource}")
@given(text=hostile)
def test_no_body_changes_the_fields_of_the_form(operation: Operation, text: str) -> None:
    """fault 1, fault 3"""
    body = json.dumps({"item": text}, ensure_ascii=False).encode(errors="replace").decode()
    usual = one_value_each(_sent(operation, ORDER))

    form = one_value_each(_sent(operation, body))

    assert form == {**usual, "MessageBody": body} or form == {"Action": "CharacterIsNotAllowed"}


@pytest.mark.slow
@pytest.mark.parametrize("operation", DIRECT, ids=lambda each: f"{each.method} {each.resource}")
@given(text=hostile.filter(bool))
def test_no_name_of_a_caller_changes_the_fields_of_the_form(
    operation: Operation, text: str
) -> None:
    usual = one_value_each(_sent(operation, ORDER))

    form = one_value_each(_sent(operation, ORDER, sub=text))

    assert form.keys() == usual.keys() or form == {"Action": "CharacterIsNotAllowed"}


@pytest.mark.parametrize(
    "operation", [each for each in DIRECT if "{" in each.resource], ids=lambda each: each.resource
)
@given(text=hostile)
def test_a_path_without_a_uuid_sends_no_message(operation: Operation, text: str) -> None:
    """fault 7"""
    form = one_value_each(_sent(operation, ORDER, order_id=text))

    assert form == {"Action": "OrderIDIsNotUUID"}


@pytest.mark.parametrize("operation", DIRECT, ids=lambda each: f"{each.method} {each.resource}")
@pytest.mark.parametrize("place", ["body", "sub"])
@pytest.mark.parametrize(
    ("characters", "is_sent"),
    [
        ("".join(map(chr, [0x9, 0xA, 0xD, *range(0x20, 0xD800), *range(0xE000, 0xFFFE)])), True),
        ("\U00010000\U0001fffe\U0001ffff\U0010ffff", True),
        *[(f"a{chr(each)}b", False) for each in {*range(0x20), 0xFFFE, 0xFFFF} - {0x9, 0xA, 0xD}],
    ],
    ids=ascii,
)
def test_only_characters_that_sqs_accepts_are_sent(
    operation: Operation, place: str, characters: str, *, is_sent: bool
) -> None:
    """fault 52. SQS API reference, `SendMessage`."""
    item = json.dumps(characters, ensure_ascii=False) if is_sent else f'"{characters}"'
    body = f'\t\n\r{{"item": {item}}}' if place == "body" else ORDER
    sub = characters if place == "sub" else "caller"

    form = one_value_each(_sent(operation, body, sub=sub))

    assert form["Action"] == ("SendMessage" if is_sent else "CharacterIsNotAllowed")


@pytest.mark.parametrize("operation", DIRECT, ids=lambda each: f"{each.method} {each.resource}")
@pytest.mark.parametrize("body", ["x" * 262_145, "😀" * 131_073])
def test_the_length_of_a_body_is_counted_as_in_java(operation: Operation, body: str) -> None:
    """fault 6"""
    form = one_value_each(_sent(operation, body))

    assert form == {"Action": "OrderIsTooLarge"}


@pytest.mark.parametrize("operation", DIRECT, ids=lambda each: f"{each.method} {each.resource}")
@pytest.mark.parametrize(
    "caller",
    [
        pytest.param({"authorizer": {"claims": {"sub": "a&b"}, "sub": "x"}}, id="Cognito"),
        pytest.param({"authorizer": {"sub": "a&b", "principalId": "a&b"}}, id="Jwt"),
        pytest.param({"identity": {"user": "a&b"}}, id="AWS_IAM"),
        pytest.param(
            {"identity": {"user": "x", "cognitoIdentityId": "a&b"}}, id="AWS_IAM, identity pool"
        ),
    ],
)
def test_an_order_is_placed_by_the_verified_caller(
    operation: Operation, caller: dict[str, Any]
) -> None:
    form = one_value_each(_sent(operation, ORDER, caller=caller))

    assert form["MessageAttribute.3.Value.StringValue"] == "a&b"


@pytest.mark.parametrize(
    "caller", [{}, {"authorizer": {"claims": {}}}, {"identity": {"user": None}}]
)
def test_an_order_of_nobody_is_not_sent(caller: dict[str, Any]) -> None:
    assert _sent(DIRECT[0], ORDER, caller=caller) == "Action=CallerIsUnknown"


@pytest.mark.parametrize("trace", [None, "", "1-2-3", f"{TRACE}\0", f"Root={TRACE};Sampled=1"])
def test_an_invalid_trace_header_is_left_out(trace: str | None) -> None:
    """SQS refuses an empty attribute and an invalid trace header."""
    form = one_value_each(_sent(DIRECT[0], ORDER, trace=trace))

    assert not any(name.startswith("MessageSystemAttribute") for name in form)


@given(text=st.text(min_size=1))
def test_url_decoding_reverses_url_encoding(text: str) -> None:
    encoded = _rendered("$util.urlEncode($input.body)", text.encode(errors="replace").decode())

    assert encoded.isascii()
    assert not set(encoded) & set("&=#;\n ~")
    assert unquote_plus(encoded) == text.encode(errors="replace").decode()


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("$input.json('$.order.lines[1]')", '{"sku":"ü"}'),
        ("$input.json('$')", '{"order":{"lines":[1,{"sku":"ü"}]}}'),
        ("$input.json('$.nothing.here')", "null"),
        ("$input.path('$.order').lines[0]", "1"),
        ("$input.path(\"$['order']['lines'][1].sku\")", "ü"),
        ("$input.params('id')", "path"),
        ("$input.params('limit')", "2"),
        ("$input.params('none')", ""),
        ("$input.params().header.get('X-A')", "h"),
        ("$util.escapeJavaScript(\"it's </b>\")", "it\\'s <\\/b>"),
        ("$util.base64Decode($util.base64Encode('tea ü'))", "tea ü"),
        ("$util.urlDecode('a+%C3%BC')", "a ü"),
        ("$util.parseJson('{\"a\": [3]}').a[0]", "3"),
        ("$input.params('id').toUpperCase().toLowerCase().trim()", "path"),
        ("#if($input.params('id').matches('[a-z]'))yes#{else}no#end", "no"),
        ("$input.params('id').equalsIgnoreCase('PATH')", "true"),
        ("$input.params('id').isEmpty() $input.params('id').endsWith('th')", "false true"),
    ],
)  # fmt: skip
def test_templates_can_use_the_variables_of_api_gateway(template: str, rendered: str) -> None:
    body = '{"order": {"lines": [1, {"sku": "ü"}]}}'

    assert _rendered(template, body) == rendered


def test_a_path_with_more_than_names_and_indexes_is_an_error() -> None:
    with pytest.raises(Exception, match="only names and indexes are supported"):
        _rendered("$input.path('$..item')", "{}")


@pytest.mark.parametrize(
    "template",
    [
        "$input.body.replaceAll('a.*', '')",
        "$input.body.matches('[.]a.')",
        "$input.body.replaceAll('(a)', '[\\]1')",
    ],
)
def test_a_pattern_with_another_meaning_in_java_is_an_error(template: str) -> None:
    with pytest.raises(Exception, match=r"Java|no escapes"):
        _rendered(template, "{}")


def test_a_template_can_override_the_response() -> None:
    context: dict[str, Any] = {"responseOverride": {"status": None, "header": {}}}
    template = (
        '#set($context.responseOverride.status = 400)#set($context.responseOverride.header.A = "b")'
    )

    velocity.render(template, body="", context=context, parameters=_parameters(""))

    assert context["responseOverride"] == {"status": 400, "header": {"A": "b"}}


def _sent(
    operation: Operation,
    body: str,
    *,
    sub: str = "caller",
    order_id: str = ORDER_ID,
    trace: str | None = TRACE,
    caller: dict[str, Any] | None = None,
) -> str:
    context = {
        "requestId": ORDER_ID,
        "requestTimeEpoch": 1_700_000_000_000,
        "httpMethod": operation.method,
        "path": "/v1" + operation.resource.replace("{orderID}", order_id),
        "xrayTraceId": trace,
        **({"authorizer": {"claims": {"sub": sub}}} if caller is None else caller),
    }
    template = operation.integration["requestTemplates"]["application/json"]
    parameters = _parameters(order_id)
    return velocity.render(template, body=body, context=context, parameters=parameters)


def _parameters(order_id: str) -> velocity.Parameters:
    return {"path": {"orderID": order_id}, "querystring": {}, "header": {}}


def _rendered(template: str, body: str) -> str:
    parameters = {"path": {"id": "path"}, "querystring": {"limit": "2"}, "header": {"X-A": "h"}}
    return velocity.render(template, body=body, context={}, parameters=parameters)
