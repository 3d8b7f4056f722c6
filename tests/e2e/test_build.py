"""The layer that `sam build` builds: small, without the runtime's packages, with bytecode."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path

import pytest

from local.architecture import libraries
from local.stack import builds
from project import template

pytestmark = [
    pytest.mark.local_only("reads the build in this folder"),
    pytest.mark.timeout(600),  # it waits while other tests build or deploy
]

MEGABYTES = 14
RUNTIME_PACKAGES = {"awscrt", "boto3", "botocore", "s3transfer", "urllib3"}
UNCHECKED_HASH = (0b01).to_bytes(4, "little")  # PEP 552: by a hash that Python does not check


@pytest.fixture
def built() -> Path:
    return builds.build()


@pytest.fixture
def layer(built: Path) -> Path:
    return built / "CommonLayer" / "python"


def test_the_layer_is_small(layer: Path) -> None:
    size = sum(file.stat().st_size for file in layer.rglob("*") if file.is_file())

    assert 1e6 < size <= MEGABYTES * 1e6


def test_the_layer_contains_no_packages_of_the_runtime(layer: Path) -> None:
    assert (layer / "common").is_dir()
    assert RUNTIME_PACKAGES.isdisjoint(found.name for found in layer.iterdir())


def test_all_python_in_the_layer_has_valid_bytecode(layer: Path) -> None:
    sources = list(layer.rglob("*.py"))

    assert len(sources) > 100
    assert [str(source) for source in sources if not has_valid_bytecode(source)] == []


def test_all_functions_have_valid_bytecode(built: Path) -> None:
    for name, resource in template.raw()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            assert has_valid_bytecode(built / name / "app.py"), name


@pytest.mark.ci
@pytest.mark.skipif(platform.system() != "Linux", reason="a build on macOS has libraries for macOS")
@pytest.mark.parametrize(
    "architecture", template.raw()["Parameters"]["Architecture"]["AllowedValues"]
)
def test_every_library_is_for_the_chosen_architecture(architecture: str) -> None:
    """fault 55"""
    build = builds.build(architecture)

    found = libraries(build)
    assert {path.relative_to(build).parts[0] for path in found} >= {
        "AuthorizerFunction",
        "ImageProcessingFunction",
    }
    assert {path: machine for path, machine in found.items() if machine != architecture} == {}


def has_valid_bytecode(source: Path) -> bool:
    """Return whether the bytecode fits this Python and source, and does not depend on dates."""
    compiled = Path(importlib.util.cache_from_source(str(source)))
    if not compiled.exists():
        return False
    header = compiled.read_bytes()[:16]
    return header == (
        importlib.util.MAGIC_NUMBER
        + UNCHECKED_HASH
        + importlib.util.source_hash(source.read_bytes())
    )
