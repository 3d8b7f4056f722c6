"""Search's engine on this machine: whether there can be one, and how the stack is led to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.opensearch import search_engine
from local.stack.deployment import StackFailed
from local.stack.local_stack import LocalStack


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for programs, which is all that is on the path; and nothing is given."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("OPENSEARCH_ENDPOINT", raising=False)
    return folder


def install(folder: Path, name: str, says: str) -> None:
    """A program that prints a text, whatever it is asked."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o755)


def test_maven_and_a_jdk_are_enough(programs: Path) -> None:
    install(programs, "mvn", says="")
    install(programs, "java", says="java.base@17.0.15\njdk.compiler@17.0.15")

    assert search_engine.is_available()


@pytest.mark.parametrize(
    "modules",
    [
        pytest.param("java.base@17.0.15", id="without a compiler"),
        pytest.param("java.base@11.0.2\njdk.compiler@11.0.2", id="too old"),
        pytest.param("", id="that knows no modules"),
    ],
)
def test_a_java_that_cannot_run_it_is_none(programs: Path, modules: str) -> None:
    install(programs, "mvn", says="")
    install(programs, "java", says=modules)

    assert not search_engine.is_available()


@pytest.mark.parametrize("lone", ["mvn", "java"])
def test_one_of_maven_and_java_is_not_enough(programs: Path, lone: str) -> None:
    install(programs, lone, says="jdk.compiler@17.0.15")

    assert not search_engine.is_available()


def test_an_engine_that_is_given_needs_neither(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSEARCH_ENDPOINT", "http://search.example:9200/")

    assert search_engine.is_available()
    assert search_engine.given() == "http://search.example:9200"


@pytest.mark.parametrize("endpoint", ["localhost:9200", "http://", "https://example.com/path"])
def test_what_is_given_is_an_address(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_ENDPOINT", endpoint)

    with pytest.raises(StackFailed, match=endpoint):
        search_engine.given()


def test_a_stack_that_cannot_search_says_what_is_missing_and_leaves_nothing(
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
def test_a_plain_endpoint_is_the_emulators_domain(endpoint: str, address: str) -> None:
    parameters, environment = search_engine.deployed_as(endpoint)

    assert parameters == {"Search": "domain"}
    assert environment == {"MINISTACK_OPENSEARCH_ENDPOINT": address}


def test_an_endpoint_with_tls_is_the_templates_own_parameter() -> None:
    parameters, environment = search_engine.deployed_as("https://search.example")

    assert parameters == {"Search": "https://search.example"}
    assert environment == {}
