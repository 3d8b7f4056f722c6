"""Compare the gateway's engine with Velocity 1.7, feature by feature."""

from __future__ import annotations

from typing import Any

import pytest

from local.gateway import velocity
from tests.velocity.conftest import Velocity17

pytestmark = pytest.mark.xdist_group("velocity")

BODY = '{"order": {"lines": [1, {"sku": "ü"}]}, "none": null}'
CONTEXT: dict[str, Any] = {"name": "value", "none": None, "number": "7", "deep": {"name": "v"}}
PARAMETERS: velocity.Parameters = {
    "path": {"id": "path"},
    "querystring": {"limit": "2"},
    "header": {"X-A": "h"},
}


@pytest.mark.parametrize(
    "template",
    [
        # A comment after a reference
        *(
            "$context.name##\nz",
            "$!context.name##\nz",
            "${context.name}##\nz",
            "$!context.none##\nz",
        ),
        *("$context.deep.name##\nz", "$input.params().path.id##\nz", "$context.name.trim()##\nz"),
        *('#set($a = "A$context.name##b")$a##\nz', "#set($a = 'A')$a##\nz", "$context.name ##\nz"),
        # Null
        *("[$!{context.none}]", '#set($a = "$!{context.none}")[$a]', "[$!{context.none.trim()}]"),
        *("#set($a = 'A')#set($a = $context.none)$a", "#if($context.none.isEmpty())y#{else}n#end"),
        *("#if($context.none)y#{else}n#end", "#if(!$context.none)y#{else}n#end"),
        # Truth
        *("#if($context.name)y#{else}n#end", "#set($a = '')#if($a)y#{else}n#end"),
        *("#set($a = '')#if(!$a)y#{else}n#end", "#set($a = 0)#if($a)y#{else}n#end"),
        *("#if($context.none || $context.name)y#end", "#if($context.none && $a)y#{else}n#end"),
        # White space
        *(
            "#set($a = 1)\nz",
            "#set($a = 1)##\nz",
            "#if(true)\ny\n#end\nz",
            "#if(true)##\ny##\n#end##\nz",
        ),
        *("#if(false)##\na##\n#elseif(true)##\nb##\n#else##\nc##\n#end\nz", "a\n\n b ## c\n d"),
        # Strings
        *("$context.name.indexOf('q') $context.name.indexOf('u')", "$context.name.length()"),
        *("$context.name.replaceAll('[a-l]', '-')", "$context.name.contains('alu')"),
        *("$context.name.matches('[a-z]{5}')", "$context.name.matches('[a-z]{4}')"),
        *(
            "$input.params('id').toUpperCase().toLowerCase().trim()",
            "$input.params('id').isEmpty()",
        ),
        *("$input.params('id').equalsIgnoreCase('PATH')", "$input.params('id').endsWith('th')"),
        "$context.name.replaceAll('(?s).', 'x')",
        "$context.name.replaceAll('([aeiou])(l)', '$2-$1:')",
        # The variables of API Gateway
        *("$input.json('$.order.lines[1]')", "$input.json('$')", "$input.json('$.nothing')"),
        *("$input.path('$.order').lines[0]", "$input.path(\"$['order']['lines'][1].sku\")"),
        *("$input.params('limit')", "[$input.params('none')]", "$input.params().header.get('X-A')"),
        *("$input.body", "$util.urlEncode($input.body)", "$util.urlDecode('a+%C3%BC')"),
        *(
            "$util.base64Decode($util.base64Encode('tea ü'))",
            "$util.parseJson('{\"a\": [3]}').a[0]",
        ),
        '$util.urlEncode("~*-_. é😀\'+&=")',
        '$util.escapeJavaScript("it\'s </b> \\ é 😀 \x7f \u2028\t\r\x01")',
    ],
)
def test_both_engines_render_a_template_alike(velocity17: Velocity17, template: str) -> None:
    """fault 51"""
    real = velocity17.render(template, body=BODY, context=CONTEXT, parameters=PARAMETERS)

    assert velocity.render(template, body=BODY, context=CONTEXT, parameters=PARAMETERS) == real.text


@pytest.mark.parametrize("body", ["", "{}", '"text"', "[1]", "<Error>no</Error>"])
def test_both_engines_read_a_body_alike(velocity17: Velocity17, body: str) -> None:
    """fault 51"""
    template = "[$!{input.json('$')}]"

    real = velocity17.render(template, body=body, context=CONTEXT, parameters=PARAMETERS)

    assert velocity.render(template, body=body, context=CONTEXT, parameters=PARAMETERS) == real.text
