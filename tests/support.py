"""What tests of every kind share: the functions, their events, and the template's settings."""

from __future__ import annotations

import copy
import importlib.util
import json
import sys
from functools import cache
from types import ModuleType
from typing import Any

from local.template import ROOT


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


def event(function_name: str, case: str) -> dict[str, Any]:
    """A copy of `events/<function>/<case>.json`."""
    return copy.deepcopy(_event(function_name, case))


@cache
def _event(function_name: str, case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        (ROOT / "events" / function_name / f"{case}.json").read_text()
    )
    return loaded
