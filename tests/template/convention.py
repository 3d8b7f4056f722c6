"""Conventions as tests: a rule over the template, and the breaches that it must see."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local import template
from local.template import Template

type Rule = Callable[[Template], Iterable[str]]


@dataclass(frozen=True)
class Breach:
    """A change, somewhere below `Resources`, that breaks a convention."""

    name: str
    make: Callable[[Any], object]
    path: tuple[str | int, ...]

    def __call__(self, broken: Template) -> None:
        node = broken["Resources"]
        for key in self.path:
            node = node[key]
        self.make(node)


def without(*path: str | int) -> Breach:
    """What stands at the path is gone."""
    *parents, key = path
    return Breach(f"without {_words(path)}", lambda node: node.pop(key), tuple(parents))


def changed(*path: str | int, to: Any) -> Breach:
    """Another value stands at the path, or one where there was none."""
    *parents, key = path
    return Breach(f"{_words(path)} is {to}", lambda node: node.__setitem__(key, to), tuple(parents))


def replaced(*path: str | int, old: str, new: str) -> Breach:
    """Other words stand in the text at the path."""
    *parents, key = path

    def replace(node: Any) -> None:
        assert old in node[key], f"{old} does not stand in {path}"
        node[key] = node[key].replace(old, new)

    return Breach(f"{_words(path)} says {new}", replace, tuple(parents))


def convention(
    *breaches: Breach, of: Callable[[], Template] = template.translated
) -> Callable[[Rule], Callable[[Breach | None], None]]:
    """Make a rule a test: it finds nothing in the template, and something in each breach."""
    cases = [pytest.param(None, id="holds"), *(pytest.param(b, id=b.name) for b in breaches)]

    def test_of(rule: Rule) -> Callable[[Breach | None], None]:
        @pytest.mark.parametrize("breach", cases)
        def test(breach: Breach | None) -> None:
            # pytest explains only assertions in test modules, so these say it themselves.
            if breach is None:
                found = list(rule(of()))
                assert not found, "\n".join(found)
            else:
                broken = copy.deepcopy(of())
                breach(broken)
                assert list(rule(broken)), f"the rule accepts this change: {breach.name}"

        test.__name__, test.__doc__ = rule.__name__, rule.__doc__
        return test

    return test_of


def resources(template: Template, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The logical ids and properties of the resources of these types."""
    for name, resource in template["Resources"].items():
        if resource["Type"] in types:
            yield name, resource.get("Properties", {})


def referred(value: Any) -> str | None:
    """The logical id that a `Ref` or `Fn::GetAtt` names."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
    return None


def document(policy: Any) -> dict[str, Any]:
    """A policy document, read where it stands as text with `Fn::Sub`."""
    text = policy.get("Fn::Sub")
    read: dict[str, Any] = policy if text is None else _substituting(json.loads(text))
    return read


def _substituting(value: Any) -> Any:
    match value:
        case str() if "${" in value:
            return {"Fn::Sub": value}
        case list():
            return [_substituting(each) for each in value]
        case dict():
            return {name: _substituting(each) for name, each in value.items()}
    return value


def listed(value: Any) -> list[Any]:
    """What CloudFormation lets stand alone or in a list."""
    return value if isinstance(value, list) else [value]


def cases(value: Any) -> list[Any]:
    """What a condition decides between, nothing left out; what none decides, alone."""
    decided = value["Fn::If"][1:] if isinstance(value, dict) and "Fn::If" in value else [value]
    return [case for case in decided if case != {"Ref": "AWS::NoValue"}]


def _words(path: tuple[str | int, ...]) -> str:
    return " ".join(str(key) for key in path if key != "Properties")
