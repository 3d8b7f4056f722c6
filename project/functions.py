"""The Lambda functions of `src`, outside Lambda: their handlers, events and settings."""

from __future__ import annotations

import copy
import importlib.util
import json
import sys
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

from local import template
from local.template import ROOT

STACK = "storefront"

_PROJECT_CODE = (str(ROOT / "src"), str(ROOT / "layers"))


@cache
def function(name: str) -> ModuleType:
    """The module `src/<name>/app.py`, with its siblings importable as on Lambda."""
    folder = ROOT / "src" / name
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location(f"{name}_app", folder / "app.py")
        if spec is None or spec.loader is None:
            raise ImportError(f"{folder / 'app.py'} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


def functions() -> list[str]:
    """The names of all functions."""
    return sorted(app.parent.name for app in (ROOT / "src").glob("*/app.py"))


def context(name: str = "function") -> Any:
    """The context that Lambda passes to a handler."""
    return SimpleNamespace(
        function_name=name,
        function_version="$LATEST",
        memory_limit_in_mb=1024,
        invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        aws_request_id="8f1c5f0a-6c1d-4f57-9a38-2f6d0e9b7c11",
        get_remaining_time_in_millis=lambda: 10_000,
    )


def resource(logical_id: str) -> dict[str, Any]:
    """The properties of a resource in the translated template."""
    properties: dict[str, Any] = template.translated()["Resources"][logical_id]["Properties"]
    return properties


def logical_id(function_name: str) -> str:
    """`orders_writer` -> `OrdersWriterFunction`."""
    return "".join(word.title() for word in function_name.split("_")) + "Function"


def environment(function_name: str) -> dict[str, str]:
    """The function's environment variables in the template.

    The value of a resource is its logical id, the value of a parameter is its default.
    """
    variables = resource(logical_id(function_name))["Environment"]["Variables"]
    return {name: _resolved(value) for name, value in variables.items()}


def _resolved(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    [(intrinsic, argument)] = value.items()
    if intrinsic == "Fn::If":
        return _resolved(argument[2])  # with default parameters, conditions are false
    parameter = template.raw()["Parameters"].get(argument) if intrinsic == "Ref" else None
    if parameter is not None:
        return str(parameter.get("Default", ""))
    if argument == "AWS::StackName":
        return STACK
    return ".".join(argument) if isinstance(argument, list) else str(argument)


def forget_clients() -> None:
    """Clear all caches of the project's code, so that the next call makes new AWS clients.

    The SDK's session stays: it contains only the descriptions of the services, and parsing them
    again for every test took a third of the whole run.
    """
    for module in _project_modules():
        for name, made in vars(module).items():
            if hasattr(made, "cache_clear") and name != "_session":
                made.cache_clear()


_other_modules: set[str] = set()


def _project_modules() -> list[ModuleType]:
    """The imported modules of functions and layer. Thousands of others are looked at once only."""
    for name in sys.modules.keys() - _other_modules:
        if not (getattr(sys.modules[name], "__file__", None) or "").startswith(_PROJECT_CODE):
            _other_modules.add(name)
    return [sys.modules[name] for name in sys.modules.keys() - _other_modules]


def event(function_name: str, case: str) -> dict[str, Any]:
    """A copy of `events/<function>/<case>.json`."""
    return copy.deepcopy(_event(function_name, case))


@cache
def _event(function_name: str, case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        (ROOT / "events" / function_name / f"{case}.json").read_text()
    )
    return loaded
