"""Routes and references: what the template, the code and the sample events say is the same."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from local import template as stack
from local.template import ROOT, Template
from tests.template.convention import changed, convention, without

type Route = tuple[str, str, str]
"""A function's folder, a method and a path with unnamed parameters: `orders GET /orders/{}`."""

ORDERS = ("OrdersFunction", "Properties", "Events")
SHOW = (*ORDERS, "Show", "Properties")


@convention(
    without(*ORDERS, "Show"),
    changed(*SHOW, "Method", to="DELETE"),
    changed(*SHOW, "Path", to="/order/{orderID}"),
    of=stack.raw,
)
def test_the_routes_of_the_template_are_the_routes_of_the_code(template: Template) -> Iterator[str]:
    deployed, served = set(template_routes(template)), set(code_routes())
    for function, method, path in sorted(served - deployed):
        yield f"template.yaml: no event of src/{function} is {method} {path}"
    for function, method, path in sorted(deployed - served):
        yield f"src/{function}/app.py: no function serves {method} {path}"


@convention(
    changed(*SHOW, "Method", to="DELETE"),
    changed(*SHOW, "Path", to="/order/{orderID}"),
    of=stack.raw,
)
def test_every_route_has_a_sample_event(template: Template) -> Iterator[str]:
    sampled = set(sampled_routes())
    for function, method, path in sorted(set(template_routes(template)) - sampled):
        yield f"events/{function}: no sample event is a request of {method} {path}"


def test_every_sample_event_is_used_by_a_test() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    samples = (ROOT / "events").glob("*/*.json")

    unused = [str(path.relative_to(ROOT)) for path in samples if f'"{path.stem}"' not in tests]

    assert not unused, f"no test uses {', '.join(unused)}"


@convention(without("OrdersTable"), without("OrdersDeadLetterQueue"))
def test_every_reference_names_what_the_template_has(template: Template) -> Iterator[str]:
    known = {*template["Resources"], *template["Parameters"]}
    for name, resource in template["Resources"].items():
        for reference in sorted(set(references(resource))):
            if reference not in known and not reference.startswith("AWS::"):
                yield f"template.yaml: {name} refers to {reference}, which does not exist"


@convention(of=stack.raw)
def test_every_parameter_is_documented(template: Template) -> Iterator[str]:
    pages = "\n".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    named = set(re.findall(r"`(\w+)[`=]", pages))
    for parameter in template["Parameters"]:
        if parameter not in named:
            yield f"docs/deploying.md: no row for the parameter {parameter}"


def template_routes(template: Template) -> Iterator[Route]:
    """Return the routes of the functions' events of type Api."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            for event in properties.get("Events", {}).values():
                if event["Type"] == "Api":
                    folder = properties["CodeUri"].removeprefix("src/")
                    route = event["Properties"]
                    yield folder, route["Method"].upper(), _unnamed(route["Path"])


def code_routes() -> Iterator[Route]:
    """Return the routes that decorators such as `@router.get("/orders")` declare."""
    for app in (ROOT / "src").glob("*/app.py"):
        for node in ast.walk(ast.parse(app.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="router"), attr=method),
                    args=[ast.Constant(value=str(path)), *_],
                ):
                    yield app.parent.name, method.upper(), _unnamed(path)


def sampled_routes() -> Iterator[Route]:
    for path in (ROOT / "events").glob("*/*.json"):
        event = json.loads(path.read_text())
        if "httpMethod" in event:
            yield path.parent.name, event["httpMethod"], _unnamed(event["resource"])


def references(value: Any) -> Iterator[str]:
    """Return the names in `Ref`, `Fn::GetAtt` and `Fn::Sub` anywhere in a tree."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{([\w:]+)", text)
        case {"Fn::Sub": [str(text), dict(variables)]}:
            yield from (n for n in re.findall(r"\$\{([\w:]+)", text) if n not in variables)
            yield from references(variables)
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)


def _unnamed(path: str) -> str:
    """Return a path without the names of its parameters, which the code writes differently."""
    return re.sub(r"\{[^}]*\}|<[^>]*>", "{}", path)
