"""The files in docs/contract: what people write about the API, and which schemas are the code's."""

from __future__ import annotations

import importlib
from enum import EnumType
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from project import functions
from project.template import ROOT

FOLDER = ROOT / "docs" / "contract"

type Source = dict[str, Any]
"""The content of one of the files. Expanded parts are copies, so it is never changed."""


class WrongSource(Exception):
    """A file in docs/contract does not fit the code. The text says how."""


def common() -> Source:
    """Return what all routes have in common."""
    return _loaded(FOLDER / "api.yaml")


def capabilities() -> list[Source]:
    """Return the sources of the capabilities, in the order of the document."""
    names = common()["capabilities"]
    files = {path.stem for path in FOLDER.glob("*.yaml")} - {"api"}
    if differing := files ^ set(names):
        raise WrongSource(f"docs/contract/api.yaml and the files differ: {sorted(differing)}")
    return [_loaded(FOLDER / f"{name}.yaml") for name in names]


def value_of_code(name: str) -> Any:
    """Return what the code calls `module:NAME`, as JSON has it.

    A module is one of the layer, `common.image`, or of a function, `image_upload.app`. Of a request
    body, it is the schema; of an enumeration, its values.
    """
    path, _, attribute = name.partition(":")
    folder, _, inner = path.partition(".")
    module = (
        importlib.import_module(path) if folder == "common" else functions.module(folder, inner)
    )
    value = getattr(module, attribute)
    if isinstance(value, EnumType):
        members: dict[str, Any] = dict(value.__members__)
        return [each.value for each in members.values()]
    if isinstance(value, tuple):
        return list(value)
    return getattr(value, "schema", value)


@cache
def _loaded(path: Path) -> Source:
    return _Loader(path.read_text()).get_single_data()  # type: ignore[no-any-return]


class _Loader(yaml.CSafeLoader):
    """YAML in which `!code module:NAME` is a value of the code."""


def _construct(loader: _Loader, node: yaml.ScalarNode) -> Any:
    return value_of_code(loader.construct_scalar(node))


_Loader.add_constructor("!code", _construct)
