"""Template, code and the API's document have the same routes, statuses, headers and bodies."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from common.api import errors
from project.contract import expansion, openapi
from project.template import ROOT, Template
from tests.template.openapi import BODY, POST, direct_operations, operations
from tests.template.rules import cases, changed, resources, rule, without
from tests.template.test_routes import code_routes

DOCUMENT = openapi.document()
DOCUMENTED = {(method, path): each for method, path, each in openapi.operations(DOCUMENT)}

NAMED = {(method, re.sub(r"\{[^}]*\}", "{}", path)): path for method, path in DOCUMENTED}
"""The paths by method and path without names of parameters."""

RESPONSES = (*BODY, "x-amazon-apigateway-gateway-responses")

SUBCLASSES = {each.__name__: each.status for each in errors.ApiError.__subclasses__()}

IN_EVERY_ROUTE = {*expansion.OF_EVERY_ROUTE, *expansion.OF_ROUTES_WITH_A_TOKEN}


@rule(
    without(*BODY, "paths", "/images", "get"),
    changed(*BODY, "paths", "/orders", "put", to={"x-amazon-apigateway-integration": {}}),
)
def test_the_routes_of_the_template_are_documented(template: Template) -> Iterator[str]:
    deployed = {(method, path) for method, path, *_ in operations(template)}
    for method, path in sorted(deployed - DOCUMENTED.keys()):
        yield f"docs/contract has no route {method.upper()} {path}"
    for method, path in sorted(DOCUMENTED.keys() - deployed):
        yield f"docs/contract: no such route: {method.upper()} {path}"


@rule(
    changed(*BODY, "paths", "/images", "post", "security", to=[{"NONE": []}]),
    changed(*BODY, "paths", "/users/login", "post", "security", to=[{"Cognito": []}]),
    changed(*BODY, "paths", "/users/mfa", "post", "security", to=[{"Cognito": []}]),
)
def test_the_token_of_a_route_is_the_documented_one(template: Template) -> Iterator[str]:
    tokens = {"NONE": [], "Cognito": ["IdToken"], "CognitoScopes": ["AccessToken"]}
    for method, path, operation, _ in operations(template):
        [scheme] = operation["security"][0]
        documented = [name for each in DOCUMENTED[method, path]["security"] for name in each]
        if tokens[scheme] != documented:
            yield f"docs/contract: {method.upper()} {path} takes {tokens[scheme]}"


def test_who_may_call_a_route_fits_its_token() -> None:
    wrong = [
        f"{method} {path}"
        for (method, path), each in DOCUMENTED.items()
        if each["x-caller"].startswith("anybody") != (each["security"] == [])
        or ("access token" in each["x-caller"]) != (each["security"] == [{"AccessToken": []}])
    ]

    assert wrong == []


@rule(
    changed(*POST, "responses", "409", to={}),
    without(*POST, "responses", "503"),
    changed(*POST, "x-amazon-apigateway-integration", "responses", "200", "statusCode", to="201"),
)
def test_the_statuses_of_a_direct_operation_are_documented(template: Template) -> Iterator[str]:
    for method, path, operation, _ in direct_operations(template):
        answers = operation["x-amazon-apigateway-integration"]["responses"].values()
        sent = {each["statusCode"] for each in answers}
        for each in answers:
            for text in each["responseTemplates"].values():
                sent |= set(re.findall(r"responseOverride\.status = (\d+)", text))
        if not sent == operation["responses"].keys() == own_statuses(method, path):
            yield f"docs/contract: {method.upper()} {path} answers {sorted(sent)}"


@rule(changed(*RESPONSES, "QUOTA_EXCEEDED", to={"statusCode": 402}))
def test_the_statuses_of_gateway_responses_are_documented(template: Template) -> Iterator[str]:
    for _, api in resources(template, "AWS::ApiGateway::RestApi"):
        for error, response in api["Body"]["x-amazon-apigateway-gateway-responses"].items():
            for status in {str(each) for each in cases(response.get("statusCode", "400"))}:
                if status not in IN_EVERY_ROUTE | {"404"}:  # 404 is of no route
                    yield f"docs/contract/api.yaml: {error} has the status {status}"


@rule(
    changed(*RESPONSES, "DEFAULT_4XX", "responseParameters", "gatewayresponse.header.Age", to="'1'")
)
def test_the_headers_of_gateway_responses_are_documented(template: Template) -> Iterator[str]:
    for _, api in resources(template, "AWS::ApiGateway::RestApi"):
        for error, response in api["Body"]["x-amazon-apigateway-gateway-responses"].items():
            for parameter in response["responseParameters"]:
                header = parameter.removeprefix("gatewayresponse.header.")
                if header not in DOCUMENT["components"]["headers"]:
                    yield f"docs/contract/api.yaml: {error} has the header {header}"


@rule(changed(*POST, "parameters", to=[{"name": "dry", "in": "query"}]))
def test_the_parameters_of_a_direct_operation_are_documented(template: Template) -> Iterator[str]:
    for method, path, operation, _ in direct_operations(template):
        sent = {each["name"] for each in operation.get("parameters", [])}
        if sent != parameters(method, path):
            yield f"docs/contract: {method.upper()} {path} takes {sorted(sent)}"


def test_the_success_of_a_route_is_the_documented_one() -> None:
    wrong = [
        f"{route.method} {route.path} answers {sorted(route.successes)}"
        for route in routes()
        if route.successes
        != {each for each in own_statuses(route.method, route.path) if each < "300"}
    ]

    assert wrong == []


def test_a_route_takes_an_idempotency_key_if_it_is_documented() -> None:
    wrong = [
        f"{route.method} {route.path}"
        for route in routes()
        if (route.calls("create_once") or route.calls("key_of"))
        != ("Idempotency-Key" in parameters(route.method, route.path))
    ]

    assert wrong == []


def test_a_route_has_pages_if_they_are_documented() -> None:
    wrong = [
        f"{route.method} {route.path}"
        for route in routes()
        if (route.calls("from_query") or route.calls("from_parameters"))
        != ({"limit", "next"} <= parameters(route.method, route.path))
    ]

    assert wrong == []


def test_every_error_of_a_function_is_documented_for_one_of_its_routes() -> None:
    for function, documented in errors_by_function().items():
        own = {
            str(SUBCLASSES[name])
            for path in (ROOT / "src" / function).rglob("*.py")
            for name in names(path) & SUBCLASSES.keys()
        }
        assert own - documented - IN_EVERY_ROUTE == set(), (
            f"docs/contract lacks errors of {function}"
        )


def test_every_documented_error_is_one_of_its_function() -> None:
    for function, documented in errors_by_function().items():
        known = {str(SUBCLASSES[name]) for name in reachable(function) & SUBCLASSES.keys()}
        assert documented - known - {"404"} == set(), (
            f"docs/contract: {function} has no such errors"
        )


def test_every_documented_field_is_one_of_its_function() -> None:
    """A field that the code does not send is in no string and no name of it."""
    unknown = []
    for function in {function for function, *_ in code_routes()}:
        # What the metadata of an image contains, another function decides.
        known = reachable(function) | reachable("image_processing")
        unknown += [f"{function}: {name}" for name in fields(function) if name not in known]

    assert unknown == [], "docs/contract has fields that the code does not have"


class Route:
    """A route of a function: its code, and the statuses with which it succeeds."""

    def __init__(self, function: str, method: str, path: str, code: ast.FunctionDef) -> None:
        self.method, self.path, self._code = method.lower(), path, code
        self._tree = ast.parse((ROOT / "src" / function / "app.py").read_text())

    @property
    def successes(self) -> set[str]:
        return set(self._successes(self._code))

    def calls(self, name: str) -> bool:
        """Return whether the route calls this function, itself or by a helper of its module."""
        called = {_called(node) for code in self._codes() for node in ast.walk(code)}
        return name in called

    def _codes(self) -> Iterator[ast.FunctionDef]:
        yield self._code
        called = {_called(node) for node in ast.walk(self._code)}
        for node in self._tree.body:
            if isinstance(node, ast.FunctionDef) and node.name in called:
                yield node

    def _successes(self, code: ast.FunctionDef) -> Iterator[str]:
        helpers = {each.name: each for each in self._codes() if each is not code}
        for node in _returns(code):
            match node.value:
                case ast.Call(func=ast.Attribute(attr="created")):
                    yield "201"
                case ast.Call(func=ast.Name(id="Response"), args=[ast.Constant(value=status), *_]):
                    yield str(status)
                case ast.Tuple(elts=[_, ast.Constant(value=status)]):
                    yield str(status)
                case ast.Call(func=ast.Name(id=name)) if name in helpers:
                    yield from self._successes(helpers[name])
                case _:
                    yield "200"


@cache
def routes() -> list[Route]:
    """Return the routes of the functions, with the paths of the template."""
    found = []
    for function in {function for function, *_ in code_routes()}:
        for code in ast.parse((ROOT / "src" / function / "app.py").read_text()).body:
            if isinstance(code, ast.FunctionDef):
                for decorator in code.decorator_list:
                    match decorator:
                        case ast.Call(
                            func=ast.Attribute(value=ast.Name(id="router"), attr=method),
                            args=[ast.Constant(value=str(path))],
                        ):
                            unnamed = re.sub(r"<[^>]*>", "{}", path)
                            if (method, unnamed) in NAMED:
                                found.append(Route(function, method, NAMED[method, unnamed], code))
    return found


def errors_by_function() -> dict[str, set[str]]:
    """Return which errors are documented for the routes of each function, and not for all."""
    found: dict[str, set[str]] = {}
    for function, method, path in documented_routes():
        statuses = {each for each in DOCUMENTED[method, path]["responses"] if each >= "400"}
        found.setdefault(function, set()).update(statuses - IN_EVERY_ROUTE)
    return found


def documented_routes() -> Iterator[tuple[str, str, str]]:
    """Return function, method and path of the routes of the code that are documented."""
    for function, method, unnamed in code_routes():
        if (method.lower(), unnamed) in NAMED:
            yield function, method.lower(), NAMED[method.lower(), unnamed]


def own_statuses(method: str, path: str) -> set[str]:
    """Return the statuses that the document describes for this route in particular."""
    answers = DOCUMENTED[method, path]["responses"]
    return {status for status, answer in answers.items() if "$ref" not in answer}


def parameters(method: str, path: str) -> set[str]:
    """Return the names of the documented parameters of a route."""
    listed = [
        *DOCUMENT["paths"][path].get("parameters", []),
        *DOCUMENTED[method, path].get("parameters", []),
    ]
    return {openapi.resolved(DOCUMENT, each)["name"] for each in listed}


def fields(function: str) -> set[str]:
    """Return the names of the fields in the answers of a function's routes."""
    found: set[str] = set()
    for name, method, path in documented_routes():
        if name == function:
            for answer in DOCUMENTED[method, path]["responses"].values():
                _add_fields(openapi.resolved(DOCUMENT, answer).get("content", {}), found)
    return found


def _add_fields(node: Any, found: set[str]) -> None:
    match openapi.resolved(DOCUMENT, node):
        case {"example": _, "schema": schema}:
            _add_fields(schema, found)
        case {"properties": properties}:
            found |= properties.keys()
            for each in properties.values():
                _add_fields(each, found)
        case {"items": inner} | {"application/json": inner}:
            _add_fields(inner, found)
        case {"anyOf": choices}:
            for each in choices:
                _add_fields(each, found)


@cache
def names(path: Path) -> frozenset[str]:
    """Return the names, attributes and short texts that a module uses."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Name(id=str(name)) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                found.add(name)
            case ast.Constant(value=str(text)):
                found.add(text)
    return frozenset(found)


def reachable(function: str) -> set[str]:
    """Return the names that a function's modules use, and those of the layer that they import."""
    layer = ROOT / "layers" / "common"
    waiting = list((ROOT / "src" / function).rglob("*.py"))
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            for module in re.findall(
                r"(?m)^ *from (common[\w.]*) import ([^\n(]*)", path.read_text()
            ):
                for name in ["", *re.findall(r"\w+", module[1])]:
                    file = layer / f"{module[0].replace('.', '/')}{'/' if name else ''}{name}.py"
                    waiting += [file] if file.exists() else []
    return set().union(*map(names, seen))


def _called(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


def _returns(code: ast.FunctionDef) -> Iterator[ast.Return]:
    """Return the return statements of a function, without those of functions inside it."""
    waiting: list[Any] = list(code.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, ast.FunctionDef):
            waiting += ast.iter_child_nodes(node)
