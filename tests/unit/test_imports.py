"""A function imports nothing slow that it does not use, because imports slow cold starts down."""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions

import pytest

from project import functions, template
from project.template import ROOT
from tests.harness.cold_start import imported

# Both files with this mark use the same imports, so one worker makes them.
pytestmark = pytest.mark.xdist_group("cold starts")

POWERTOOLS = "aws_lambda_powertools"

# All functions may import botocore, Powertools' Logger and Metrics, and their dependencies.
EVERYWHERE = {
    *("botocore", "certifi", "dateutil", "jmespath", "six", "urllib3"),
    *("common", "typing_extensions"),
    f"{POWERTOOLS}.exceptions",
    f"{POWERTOOLS}.logging",
    f"{POWERTOOLS}.metrics",
    f"{POWERTOOLS}.package_logger",
    f"{POWERTOOLS}.shared",
    f"{POWERTOOLS}.tracing",  # only a name; the X-Ray SDK is imported when a Tracer is created
    f"{POWERTOOLS}.warnings",
    f"{POWERTOOLS}.utilities.jmespath_utils",
    f"{POWERTOOLS}.utilities.typing",
}

# Slow modules (see docs/performance.md), by the name under which sources use them.
BY_USE = {
    r"\bBatchProcessor\b": {
        f"{POWERTOOLS}.middleware_factory",
        f"{POWERTOOLS}.utilities.batch",
        f"{POWERTOOLS}.utilities.data_classes",
    },
    r"\bevent_handler\b": {
        f"{POWERTOOLS}.event_handler",
        f"{POWERTOOLS}.middleware_factory",
        f"{POWERTOOLS}.utilities.data_classes",
    },
    r"\bTracer\b": {"aws_xray_sdk", "wrapt", f"{POWERTOOLS}.middleware_factory"},
    r"\bidempotent_function\b": {
        *("boto3", "s3transfer"),
        f"{POWERTOOLS}.middleware_factory",
        f"{POWERTOOLS}.utilities.idempotency",
    },
    r"\bfastjsonschema\.": {"fastjsonschema"},
    r"\bsimplejson\.": {"simplejson"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", functions.functions())
def test_a_function_imports_nothing_that_it_does_not_use(name: str) -> None:
    modules = modules_of(name)

    allowed = EVERYWHERE | used(name, modules) | own(name)
    assert {part(module) for module in modules if third_party(module)} - allowed == set()


@pytest.mark.slow
def test_the_writer_does_not_import_the_router() -> None:
    modules = modules_of("orders_writer")

    assert "aws_lambda_powertools.metrics" in modules
    assert modules.isdisjoint({f"{POWERTOOLS}.event_handler", "aws_xray_sdk", "pydantic"})


def modules_of(name: str) -> set[str]:
    found = imported(name)
    assert not found.error, found.error
    return found.modules


def used(name: str, modules: set[str]) -> set[str]:
    """Return the names used by the function's sources and by the layer's modules it imports."""
    layer = (
        ROOT / "layers" / "common" / f"{module.replace('.', '/')}.py"
        for module in modules
        if module.startswith("common.")
    )
    sources = [
        *(ROOT / "src" / name).rglob("*.py"),
        *(file for file in layer if file.exists()),  # a package has no file with its name
    ]
    text = "\n".join(source.read_text() for source in sources)
    return {part for use, parts in BY_USE.items() if re.search(use, text) for part in parts}


def own(name: str) -> set[str]:
    """Return the packages in the function's requirements, and its own modules."""
    requirements = ROOT / "src" / name / "requirements.txt"
    listed = requirements.read_text() if requirements.exists() else ""
    distributions = {n.lower() for n in re.findall(r"^([\w-]+)==", listed, re.MULTILINE)}
    packages = {
        package
        for package, by in packages_distributions().items()
        if distributions & {distribution.lower() for distribution in by}
    }
    modules = {file.stem for file in (ROOT / "src" / name).iterdir()}
    return packages | modules | {f"_{package}" for package in packages} | {"_libvips", "_openssl"}


def third_party(module: str) -> bool:
    top = module.partition(".")[0]
    return top not in sys.stdlib_module_names and not top.startswith(("__", "_virtualenv"))


def part(module: str) -> str:
    """Return the package of a module; for Powertools, with the part that can be left out."""
    top, *below = module.split(".")
    if top != POWERTOOLS or not below:
        return top if top != POWERTOOLS else f"{POWERTOOLS}.shared"
    depth = 2 if below[0] == "utilities" and len(below) > 1 else 1
    return ".".join([top, *below[:depth]]) if below != ["utilities"] else f"{POWERTOOLS}.shared"


def test_all_functions_of_the_template_are_checked() -> None:
    deployed = {
        resource["Properties"]["CodeUri"].removeprefix("src/")
        for resource in template.raw()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    }

    assert set(functions.functions()) == deployed
