"""The page about the API has every route of the template, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from project.template import ROOT, Template
from tests.template.markdown import headings, table
from tests.template.openapi import BODY, operations
from tests.template.rules import changed, rule, without

PAGE = ROOT / "docs" / "api.md"

ROUTE = r"(GET|POST|PUT|DELETE) (/\S*)"

EXAMPLES = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@rule(
    without(*BODY, "paths", "/images", "get"),
    changed(*BODY, "paths", "/orders", "put", to={"x-amazon-apigateway-integration": {}}),
)
def test_every_route_has_a_section_on_the_api_page(template: Template) -> Iterator[str]:
    deployed = {(method.upper(), path) for method, path, *_ in operations(template)}
    documented = {
        (match[1], match[2])
        for heading in headings(PAGE, level=3)
        if (match := re.fullmatch(ROUTE, heading))
    }
    yield from (f"docs/api.md has no section {' '.join(route)}" for route in deployed - documented)
    yield from (f"docs/api.md: no such route: {' '.join(route)}" for route in documented - deployed)


@rule(
    without(*BODY, "paths", "/images", "get"),
    changed(*BODY, "paths", "/images", "post", "security", to=[{"NONE": []}]),
    changed(*BODY, "paths", "/users/login", "post", "security", to=[{"Cognito": []}]),
)
def test_the_api_page_says_who_may_call_each_route(template: Template) -> Iterator[str]:
    public = {
        (method.upper(), path): operation["security"] == [{"NONE": []}]  # as SAM writes it
        for method, path, operation, _ in operations(template)
    }
    documented = {
        (match[1], match[2]): caller.startswith("anybody")
        for route, caller, *_ in table(PAGE, "Authorization")
        if (match := re.match(rf"\[{ROUTE}\]", route))
    }
    for route in public.keys() | documented.keys():
        if documented.get(route) != public.get(route):
            yield f"docs/api.md: the caller of {' '.join(route)} is not that of the template"


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_on_the_api_page_is_json(example: str) -> None:
    assert isinstance(json.loads(example), dict)
