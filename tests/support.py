"""What tests of every kind share: the functions, their events, and the template's settings."""

from __future__ import annotations

import copy
import importlib.util
import json
import sys
from dataclasses import dataclass
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

from project import template
from project.template import ROOT

STACK = "storefront"

_OURS = (str(ROOT / "src"), str(ROOT / "layers"))


@cache
def function(name: str) -> ModuleType:
    """The module `src/<name>/app.py`, with its siblings importable as on Lambda."""
    folder = ROOT / "src" / name
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location(f"{name}_app", folder / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


def functions() -> list[str]:
    """The names of all functions."""
    return sorted(app.parent.name for app in (ROOT / "src").glob("*/app.py"))


@dataclass
class Answer:
    """What a function answered the API, its body parsed."""

    status: int
    body: Any


def answer(name: str, request: dict[str, Any]) -> Answer:
    """The function's answer to a request of the API's."""
    answered = function(name).handler(request, context(name))
    return Answer(answered["statusCode"], json.loads(answered["body"] or "null"))


def context(name: str = "function") -> Any:
    """What Lambda passes beside the event."""
    return SimpleNamespace(
        function_name=name,
        function_version="$LATEST",
        memory_limit_in_mb=1024,
        invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        aws_request_id="8f1c5f0a-6c1d-4f57-9a38-2f6d0e9b7c11",
        get_remaining_time_in_millis=lambda: 10_000,
    )


def resource(logical_id: str) -> dict[str, Any]:
    """A resource's properties, translated."""
    properties: dict[str, Any] = template.translated()["Resources"][logical_id]["Properties"]
    return properties


def logical_id(function_name: str) -> str:
    """`orders_writer` -> `OrdersWriterFunction`."""
    return "".join(word.title() for word in function_name.split("_")) + "Function"


def event_source(function_name: str, origin: str | None = None) -> dict[str, Any]:
    """The settings of the function's only event source mapping, or of that from an origin."""
    [mapping] = [
        found["Properties"]
        for found in template.translated()["Resources"].values()
        if found["Type"] == "AWS::Lambda::EventSourceMapping"
        and found["Properties"]["FunctionName"] == {"Ref": logical_id(function_name)}
        and origin in (None, found["Properties"]["EventSourceArn"]["Fn::GetAtt"][0])
    ]
    properties: dict[str, Any] = mapping
    return properties


def environment(function_name: str) -> dict[str, str]:
    """The function's variables; a resource's value is its logical id, a parameter's its default."""
    variables = resource(logical_id(function_name))["Environment"]["Variables"]
    return {name: _resolved(value) for name, value in variables.items()}


def _resolved(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    [(intrinsic, argument)] = value.items()
    if intrinsic == "Fn::If":
        return _resolved(argument[2])  # what the defaults leave out
    parameter = template.raw()["Parameters"].get(argument) if intrinsic == "Ref" else None
    if parameter is not None:
        return str(parameter.get("Default", ""))
    if argument == "AWS::StackName":
        return STACK
    return ".".join(argument) if isinstance(argument, list) else str(argument)


def forget_clients() -> None:
    """The next call makes new clients, as a new execution environment does.

    The SDK's session stays: it holds nothing but the descriptions of the services, and parsing
    them again for every test took a third of the whole run.
    """
    for module in _our_modules():
        for name, made in vars(module).items():
            if hasattr(made, "cache_clear") and name != "_session":
                made.cache_clear()


_foreign: set[str] = set()


def _our_modules() -> list[ModuleType]:
    """The imported modules of functions and layer. There are thousands of others: skip fast."""
    for name in sys.modules.keys() - _foreign:
        if not (getattr(sys.modules[name], "__file__", None) or "").startswith(_OURS):
            _foreign.add(name)
    return [sys.modules[name] for name in sys.modules.keys() - _foreign]


def event(function_name: str, case: str) -> dict[str, Any]:
    """A copy of `events/<function>/<case>.json`."""
    return copy.deepcopy(_event(function_name, case))


@cache
def _event(function_name: str, case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        (ROOT / "events" / function_name / f"{case}.json").read_text()
    )
    return loaded
