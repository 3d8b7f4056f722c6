"""Functions: runtime, layer, time, logs, traces and environment."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import template as stack
from local.template import ROOT, Template
from tests.template.convention import changed, convention, referred, resources, without

WRITER = ("OrdersWriterFunction", "Properties")
READER = ("OrdersFunction", "Properties")

# What a function or its libraries read by themselves, not through `common.aws.env`.
OF_LIBRARIES = {"POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}


@convention(
    changed(*WRITER, "Runtime", to="python3.12"),
    changed(*WRITER, "Handler", to="app.main"),
    changed(*WRITER, "Layers", to=[]),
    changed(*WRITER, "Architectures", to=["x86_64"]),
)
def test_every_function_runs_alike(template: Template) -> Iterator[str]:
    """One architecture above all: the layer is built for one."""
    layers = [name for name, _ in resources(template, "AWS::Lambda::LayerVersion")]
    for name, function in resources(template, "AWS::Lambda::Function"):
        runs = function["Runtime"], function["Handler"], function["Architectures"]
        if runs != ("python3.13", "app.handler", [{"Ref": "Architecture"}]):
            yield f"{name} runs as {runs}"
        if [referred(layer) for layer in function.get("Layers", [])] != layers:
            yield f"{name} does without the layer"


@convention(
    changed(*WRITER, "Timeout", to=61),
    changed(*READER, "Timeout", to=30),
    without(*WRITER, "Timeout"),
)
def test_every_function_ends_in_time(template: Template) -> Iterator[str]:
    """An API's function ends before API Gateway gives up on it, which is after 29 s."""
    answers = {
        referred(permission["FunctionName"])
        for _, permission in resources(template, "AWS::Lambda::Permission")
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    for name, function in resources(template, "AWS::Lambda::Function"):
        if not 0 < function.get("Timeout", 0) <= (28 if name in answers else 60):
            yield f"{name} may take {function.get('Timeout')} s"


@convention(changed(*WRITER, "TracingConfig", "Mode", to="PassThrough"))
def test_every_function_is_traced(template: Template) -> Iterator[str]:
    for name, function in resources(template, "AWS::Lambda::Function"):
        if function.get("TracingConfig") != {"Mode": "Active"}:
            yield f"{name} is not traced"


@convention(
    without(*WRITER, "LoggingConfig", "LogGroup"),
    changed(*WRITER, "LoggingConfig", "LogGroup", to={"Ref": "OrdersLogGroup"}),
    changed(*WRITER, "LoggingConfig", "LogFormat", to="Text"),
)
def test_every_function_logs_json_to_a_group_of_its_own(template: Template) -> Iterator[str]:
    for name, function in resources(template, "AWS::Lambda::Function"):
        logging = function.get("LoggingConfig", {})
        group = name.removesuffix("Function") + "LogGroup"
        if logging != {"LogFormat": "JSON", "LogGroup": {"Ref": group}}:
            yield f"{name} logs to {logging}"


@convention(
    without("OrdersWriterLogGroup", "Properties", "RetentionInDays"),
    without("ApiLogGroup", "Properties", "RetentionInDays"),
)
def test_no_log_is_kept_for_ever(template: Template) -> Iterator[str]:
    for name, group in resources(template, "AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group:
            yield f"{name} keeps its log for ever"


@convention(
    changed(*WRITER, "Environment", "Variables", "DATABASE_PASSWORD", to="hunter2"),
    changed(*WRITER, "Environment", "Variables", "API_KEY", to={"Ref": "ApiKey"}),
)
def test_no_secret_stands_in_the_environment(template: Template) -> Iterator[str]:
    for name, variable in variables(template):
        if re.search("SECRET|PASSWORD|TOKEN|CREDENTIAL|_KEY$", variable):
            yield f"{name} shows {variable} to whoever may read its configuration"


@convention(
    without(*WRITER, "Environment", "Variables", "ORDERS_TABLE"),
    without(*READER, "Environment", "Variables", "ALLOWED_ORIGIN"),
    changed(*READER, "Environment", "Variables", "QUEUE_URL", to={"Ref": "OrdersQueue"}),
)
def test_a_function_has_the_environment_that_its_code_reads(template: Template) -> Iterator[str]:
    for name, function in resources(template, "AWS::Lambda::Function"):
        given = set(function["Environment"]["Variables"]) - OF_LIBRARIES
        read = environment_of(folder_of(name))
        if given != read:
            yield f"{name} has {sorted(given - read)} for nothing and lacks {sorted(read - given)}"


@pytest.mark.parametrize(
    "name", [name for name, _ in resources(stack.translated(), "AWS::Lambda::Function")]
)
def test_a_function_has_one_name_everywhere(name: str) -> None:
    stem = folder_of(name).name

    assert stack.raw()["Resources"][name]["Properties"]["CodeUri"] == f"src/{stem}"
    assert (ROOT / "src" / stem / "app.py").is_file(), f"{name} has no src/{stem}/app.py"
    assert list((ROOT / "events" / stem).glob("*.json")), f"{name} has no events/{stem}/*.json"
    test = ROOT / "tests" / "unit" / f"test_{stem}.py"
    assert test.is_file(), f"{name} has no tests/unit/{test.name}"


def test_every_folder_of_code_is_deployed() -> None:
    deployed = {
        folder_of(name) for name, _ in resources(stack.translated(), "AWS::Lambda::Function")
    }

    folders = {path.parent for path in (ROOT / "src").glob("*/app.py")}
    forgotten = sorted(folder.name for folder in folders - deployed)
    assert not forgotten, f"template.yaml has no function for src/{', src/'.join(forgotten)}"
    assert folders == deployed


def variables(template: Template) -> Iterator[tuple[str, str]]:
    """Every environment variable, with its function."""
    for name, function in resources(template, "AWS::Lambda::Function"):
        for variable in function["Environment"]["Variables"]:
            yield name, variable


def folder_of(name: str) -> Path:
    """`OrdersWriterFunction` is `src/orders_writer`."""
    words = re.findall("[A-Z][a-z]*", name.removesuffix("Function"))
    return ROOT / "src" / "_".join(words).lower()


def environment_of(folder: Path) -> set[str]:
    """What the code in a folder reads by `env("…")`, itself or by what it uses of the layer."""
    found = set()
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        found |= _read(tree)
        for module, name in _uses_of_the_layer(tree):
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


def _uses_of_the_layer(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The names taken from modules of the layer, as `from … import` or as `module.name`."""
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "common":
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("common."):
            yield from (((node.module or "").partition(".")[2], a.name) for a in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in modules:
            yield getattr(node.value, "id", ""), node.attr


def _read_by(module: str, name: str) -> set[str]:
    """What a function of the layer reads, with the functions of its module that it calls."""
    path = ROOT / "layers" / "common" / "common" / f"{module}.py"
    defined: dict[str, Any] = {
        node.name: node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    found: set[str] = set()
    seen, ahead = set(), [name]
    while ahead:
        current = ahead.pop()
        if current in defined and current not in seen:
            seen.add(current)
            found |= _read(defined[current])
            ahead += [n.id for n in ast.walk(defined[current]) if isinstance(n, ast.Name)]
    return found
