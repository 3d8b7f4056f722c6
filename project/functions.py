"""The Lambda functions of `src`, outside Lambda: their handlers, events and settings."""

from __future__ import annotations

import copy
import importlib
import json
import os
import sys
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from project import template
from project.template import ROOT

STACK = "storefront"

KEPT = {
    "session",  # the SDK's: the descriptions of the services
    "_opener",  # the certificates of the authorities that it trusts
    "_threads",
    "_validator",
}
"""The cached functions whose values are slow to make, and the same in every environment."""

_loaded: dict[Path, dict[str, ModuleType]] = {}


def function(name: str) -> ModuleType:
    """The module `src/<name>/app.py`, with its own modules importable as on Lambda."""
    return module(name, "app")


def module(function_name: str, name: str) -> ModuleType:
    """A module of a function, for example `order_store` of `orders_writer`."""
    return load(ROOT / "src" / function_name)[name]


def load(folder: Path) -> dict[str, ModuleType]:
    """The modules of the function in a folder by their names: `app` and what it imports of it.

    Lambda imports them as top-level modules, so two functions may have modules of the same name.
    Those of another function are removed first, or they would be used instead.
    """
    if folder not in _loaded:
        names = {path.stem for path in folder.iterdir()}
        for name in {name for modules in _loaded.values() for name in modules}:
            if name.partition(".")[0] in names:
                sys.modules.pop(name, None)
        sys.path.insert(0, str(folder))
        try:
            importlib.import_module("app")
        finally:
            sys.path.remove(str(folder))
        _loaded[folder] = {name: sys.modules[name] for name in _modules_below(folder)}
    return _loaded[folder]


def _modules_below(folder: Path) -> list[str]:
    """The names of the imported modules whose files are below a folder."""
    return [
        name
        for name, module in sys.modules.items()
        if (getattr(module, "__file__", None) or "").startswith(f"{folder}{os.sep}")
    ]


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
    """Clear the caches of the project's code, so that the next call makes new AWS clients.

    What is slow to make and depends neither on the environment nor on AWS stays (KEPT).
    """
    for cached in _caches(len(sys.modules), len(_loaded)):
        cached.cache_clear()


@lru_cache(maxsize=1)
def _caches(_imported: int, _functions: int) -> list[Any]:
    """The cached functions of the project's modules. Finding them takes longer than clearing."""
    layer = [module for name, module in sys.modules.items() if name.startswith("common.")]
    own = [module for modules in _loaded.values() for module in modules.values()]
    return [
        value
        for module in layer + own
        for name, value in vars(module).items()
        if hasattr(value, "cache_clear") and name not in KEPT
    ]


def event(function_name: str, case: str) -> dict[str, Any]:
    """A copy of `events/<function>/<case>.json`."""
    return copy.deepcopy(_event(function_name, case))


@cache
def _event(function_name: str, case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        (ROOT / "events" / function_name / f"{case}.json").read_text()
    )
    return loaded
