"""A function has the same name in the template, in src, in the sample events and in the tests."""

from __future__ import annotations

import pytest

from project import template as stack
from project.template import ROOT
from tests.template.rules import resources
from tests.template.test_functions import folder_of


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


def test_every_folder_in_src_is_a_function_of_the_template() -> None:
    deployed = {
        folder_of(name) for name, _ in resources(stack.translated(), "AWS::Lambda::Function")
    }

    folders = {path.parent for path in (ROOT / "src").glob("*/app.py")}
    forgotten = sorted(folder.name for folder in folders - deployed)
    assert not forgotten, f"template.yaml has no function for src/{', src/'.join(forgotten)}"
    assert folders == deployed
