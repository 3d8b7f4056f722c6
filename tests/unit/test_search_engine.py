"""OpenSearch on this machine: whether it can run, and how the local stack uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.opensearch import search_engine
from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in PATH. OPENSEARCH_ENDPOINT is not set."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("OPENSEARCH_ENDPOINT", raising=False)
    return folder


def install(folder: Path, name: str, output: str) -> None:
    """Install a program that prints a text."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{output}'\n")
    file.chmod(0o755)


@pytest.mark.slow
def test_maven_and_a_jdk_are_enough(programs: Path) -> None:
    install(programs, "mvn", output="")
    install(programs, "java", output="java.base@17.0.15\njdk.compiler@17.0.15")

    assert search_engine.is_available()


@pytest.mark.parametrize(
    "modules",
    [
        pytest.param("java.base@17.0.15", id="without a compiler"),
        pytest.param("java.base@11.0.2\njdk.compiler@11.0.2", id="too old"),
        pytest.param("", id="without modules"),
    ],
)
def test_a_java_without_a_recent_compiler_is_not_enough(programs: Path, modules: str) -> None:
    install(programs, "mvn", output="")
    install(programs, "java", output=modules)

    assert not search_engine.is_available()


@pytest.mark.parametrize("lone", ["mvn", "java"])
def test_one_of_maven_and_java_is_not_enough(programs: Path, lone: str) -> None:
    install(programs, lone, output="jdk.compiler@17.0.15")

    assert not search_engine.is_available()


def test_a_given_engine_requires_neither(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_ENDPOINT", "http://search.example:9200/")

    assert search_engine.is_available()
    assert search_engine.given() == "http://search.example:9200"


@pytest.mark.parametrize("endpoint", ["localhost:9200", "http://", "https://example.com/path"])
def test_the_endpoint_of_a_given_engine_must_be_a_url(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSEARCH_ENDPOINT", endpoint)

    with pytest.raises(StackFailed, match=endpoint):
        search_engine.given()


def test_a_stack_that_cannot_run_search_names_what_is_missing_and_leaves_nothing(
    programs: Path, tmp_path: Path
) -> None:
    with pytest.raises(StackFailed, match=r"Maven .* JDK .* OPENSEARCH_ENDPOINT"):
        LocalStack(tmp_path / "stack", search=True).up()

    assert list((tmp_path / "stack").iterdir()) == []


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("http://127.0.0.1:9200", "127.0.0.1:9200"),
        ("http://search.example", "search.example:80"),
    ],
)
def test_an_http_endpoint_becomes_the_domain_of_the_emulator(endpoint: str, address: str) -> None:
    parameters, environment = search_engine.deployed_as(endpoint)

    assert parameters == {"Search": "domain"}
    assert environment == {"MINISTACK_OPENSEARCH_ENDPOINT": address}


def test_an_https_endpoint_is_a_parameter_of_the_template() -> None:
    parameters, environment = search_engine.deployed_as("https://search.example")

    assert parameters == {"Search": "https://search.example"}
    assert environment == {}
