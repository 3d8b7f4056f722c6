"""Functions: runtime, layer, timeout, logs, traces and environment."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from project.template import ROOT, Template
from tests.template.rules import changed, referred, resources, rule, without

WRITER = ("OrdersWriterFunction", "Properties")
READER = ("OrdersFunction", "Properties")

LAYER = ROOT / "layers" / "common"

OF_LIBRARIES = {"POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
"""Variables that libraries read, and not `common.aws.env`."""


@rule(
    changed(*WRITER, "Runtime", to="python3.12"),
    changed(*WRITER, "Handler", to="app.main"),
    changed(*WRITER, "Layers", to=[]),
    changed(*WRITER, "Architectures", to=["x86_64"]),
)
def test_every_function_has_the_same_runtime_and_layer(template: Template) -> Iterator[str]:
    """And the same architecture, because the layer is built for one."""
    layers = [name for name, _ in resources(template, "AWS::Lambda::LayerVersion")]
    for name, function in resources(template, "AWS::Lambda::Function"):
        runs = function["Runtime"], function["Handler"], function["Architectures"]
        if runs != ("python3.13", "app.handler", [{"Ref": "Architecture"}]):
            yield f"{name} has the runtime, handler and architecture {runs}"
        if [referred(layer) for layer in function.get("Layers", [])] != layers:
            yield f"{name} does not use the layer"


@rule(
    changed(*WRITER, "Timeout", to=61),
    changed(*READER, "Timeout", to=30),
    without(*WRITER, "Timeout"),
)
def test_every_function_has_a_timeout_that_its_caller_waits_for(
    template: Template,
) -> Iterator[str]:
    """API Gateway waits for 29 s."""
    answers = {
        referred(permission["FunctionName"])
        for _, permission in resources(template, "AWS::Lambda::Permission")
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    for name, function in resources(template, "AWS::Lambda::Function"):
        limit = 28 if name in answers else 60
        if not 0 < function.get("Timeout", 0) <= limit:
            yield f"{name} has a timeout of {function.get('Timeout')} s, not of at most {limit} s"


@rule(changed(*WRITER, "TracingConfig", "Mode", to="PassThrough"))
def test_every_function_is_traced(template: Template) -> Iterator[str]:
    for name, function in resources(template, "AWS::Lambda::Function"):
        if function.get("TracingConfig") != {"Mode": "Active"}:
            yield f"{name} is not traced"


@rule(
    without(*WRITER, "LoggingConfig", "LogGroup"),
    changed(*WRITER, "LoggingConfig", "LogGroup", to={"Ref": "OrdersLogGroup"}),
    changed(*WRITER, "LoggingConfig", "LogFormat", to="Text"),
)
def test_every_function_logs_json_to_its_own_log_group(template: Template) -> Iterator[str]:
    for name, function in resources(template, "AWS::Lambda::Function"):
        logging = function.get("LoggingConfig", {})
        group = name.removesuffix("Function") + "LogGroup"
        if logging != {"LogFormat": "JSON", "LogGroup": {"Ref": group}}:
            yield f"{name} does not log JSON to {group}: its LoggingConfig is {logging}"


@rule(
    without("OrdersWriterLogGroup", "Properties", "RetentionInDays"),
    without("ApiLogGroup", "Properties", "RetentionInDays"),
)
def test_every_log_expires(template: Template) -> Iterator[str]:
    for name, group in resources(template, "AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group:
            yield f"{name} keeps its log forever"


@rule(
    changed(*WRITER, "Environment", "Variables", "DATABASE_PASSWORD", to="hunter2"),
    changed(*WRITER, "Environment", "Variables", "API_KEY", to={"Ref": "ApiKey"}),
)
def test_no_secret_is_in_the_environment(template: Template) -> Iterator[str]:
    for name, variable in variables(template):
        if re.search("SECRET|PASSWORD|TOKEN|CREDENTIAL|_KEY$", variable):
            yield f"{name} shows {variable} to everybody who may read its configuration"


@rule(
    without(*WRITER, "Environment", "Variables", "ORDERS_TABLE"),
    without(*READER, "Environment", "Variables", "ALLOWED_ORIGIN"),
    changed(*READER, "Environment", "Variables", "QUEUE_URL", to={"Ref": "OrdersQueue"}),
)
def test_a_function_has_the_environment_that_its_code_reads(template: Template) -> Iterator[str]:
    for name, function in resources(template, "AWS::Lambda::Function"):
        given = set(function["Environment"]["Variables"]) - OF_LIBRARIES
        read = environment_of(folder_of(name))
        for variable in sorted(given - read):
            yield f"{name} has the variable {variable}, which its code does not read"
        for variable in sorted(read - given):
            yield f"{name} lacks the variable {variable}, which its code reads"


def variables(template: Template) -> Iterator[tuple[str, str]]:
    """Return the functions and their environment variables."""
    for name, function in resources(template, "AWS::Lambda::Function"):
        for variable in function["Environment"]["Variables"]:
            yield name, variable


def folder_of(name: str) -> Path:
    """Return the folder of a function: `src/orders_writer` for `OrdersWriterFunction`."""
    words = re.findall("[A-Z][a-z]*", name.removesuffix("Function"))
    return ROOT / "src" / "_".join(words).lower()


@cache
def environment_of(folder: Path) -> set[str]:
    """Return what the code in a folder reads with `env("…")`, itself or in the layer."""
    found = set()
    for path in folder.rglob("*.py"):
        tree = _parsed(path)
        found |= _read(tree)
        for module, name in _uses_of_the_layer(tree, tree):
            found |= _read_by(module, name)
    return found


def _read(tree: ast.AST) -> set[str]:
    return {
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", None)) == "env"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def _uses_of_the_layer(tree: ast.AST, within: ast.AST) -> Iterator[tuple[Path, str]]:
    """The names that a part of a module takes from the layer, imported or as `module.name`."""
    modules = {}
    used = {node.id for node in ast.walk(within) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "common":
            package = LAYER.joinpath(*(node.module or "").split("."))
            for alias in node.names:
                if package.is_dir():
                    modules[alias.name] = package / f"{alias.name}.py"
                elif alias.name in used:
                    yield package.with_suffix(".py"), alias.name
    for node in ast.walk(within):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in modules:
            yield modules[getattr(node.value, "id", "")], node.attr


@cache
def _read_by(path: Path, name: str) -> set[str]:
    """What a function of the layer reads, with the functions of the layer that it calls."""
    found: set[str] = set()
    seen, ahead = set(), [(path, name)]
    while ahead:
        current = ahead.pop()
        if current in seen:
            continue
        seen.add(current)
        path, name = current
        tree = _parsed(path)
        defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        if name in defined:
            found |= _read(defined[name])
            ahead += [(path, n.id) for n in ast.walk(defined[name]) if isinstance(n, ast.Name)]
            ahead += _uses_of_the_layer(tree, defined[name])
    return found


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())
