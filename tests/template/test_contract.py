"""The API's documents are what docs/contract and the code say, and valid by their standards."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from project import npm
from project.contract import asyncapi, files, openapi
from project.contract.check import Contract
from project.contract.expansion import Document

OPENAPI = openapi.document()
ASYNCAPI = asyncapi.document(OPENAPI)

MAX_TEMPLATE_BYTES = 300 * 1024  # API Gateway quotas, "Mapping template size"

FILES = (files.OPENAPI, files.ASYNCAPI, files.PAGE, files.TEMPLATE)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_what_its_sources_say(file: Path) -> None:
    is_current = file.read_text() == files.contents()[file]

    assert is_current, (
        f"{file.name} is not what docs/contract and the code say: run `make contract`"
    )


def test_openapi_yaml_is_valid_by_the_openapi_schema() -> None:
    document = yaml.load(files.OPENAPI.read_text(), yaml.CSafeLoader)

    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


@pytest.mark.ci
def test_asyncapi_yaml_is_valid_by_the_asyncapi_schema() -> None:
    if not npm.is_available():
        assert os.environ.get("CI") != "true", "npm is not on the path"
        pytest.skip("npm is not on the path")
    packages = npm.fetch("AsyncAPI", "tests/asyncapi")
    schema = packages / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"
    document = yaml.load(files.ASYNCAPI.read_text(), yaml.CSafeLoader)

    errors = Draft7Validator(json.loads(schema.read_text())).iter_errors(document)

    assert [error.message for error in errors] == []


def test_the_published_document_is_openapi_yaml_with_its_own_server() -> None:
    document = json.loads(files.published(OPENAPI))

    assert document == OPENAPI | {"servers": [{"url": "."}]}


def test_the_published_document_is_a_mapping_template_without_directives() -> None:
    text = files.published(OPENAPI)

    assert "$" not in text
    assert "#" not in text
    assert text.isascii()
    assert len(text) < MAX_TEMPLATE_BYTES


def test_every_example_is_of_its_schema() -> None:
    contract = Contract(OPENAPI)

    wrong = [
        f"{place}: {problem}"
        for place, schema, example in examples()
        for problem in contract.value_problems(schema, example)
    ]

    assert wrong == []


def test_every_body_answer_and_parameter_has_an_example() -> None:
    contents = [
        content
        for _, _, operation in openapi.operations(OPENAPI)
        for each in [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in openapi.resolved(OPENAPI, each).get("content", {}).values()
    ]
    described = [*OPENAPI["components"]["parameters"].values(), *contents]

    assert [each for each in described if "example" not in each] == []


def test_everything_has_a_description() -> None:
    nodes = [
        (f"{part} {name}", each)
        for part in ("parameters", "headers", "responses", "securitySchemes")
        for name, each in OPENAPI["components"][part].items()
    ]
    nodes += [
        (f"{name}.{field}", each)
        for name, schema in OPENAPI["components"]["schemas"].items()
        for field, each in schema.get("properties", {}).items()
        if "$ref" not in each
    ]

    assert [where for where, each in nodes if not each.get("description")] == []


def examples() -> Iterator[tuple[str, Document, Any]]:
    """Return each example with the place where it is, and the schema that it is of."""
    for method, path, operation in openapi.operations(OPENAPI):
        for what, each in [
            ("body", operation.get("requestBody", {})),
            *operation["responses"].items(),
        ]:
            for content in openapi.resolved(OPENAPI, each).get("content", {}).values():
                yield f"{method} {path} {what}", content["schema"], content["example"]
    for name, parameter in OPENAPI["components"]["parameters"].items():
        yield name, parameter["schema"], parameter["example"]
    for name, header in OPENAPI["components"]["headers"].items():
        yield name, header["schema"], header["example"]
    for name, message in ASYNCAPI["components"]["messages"].items():
        for example in message["examples"]:
            payload = message["payload"]
            yield name, {"components": ASYNCAPI["components"], **payload}, example["payload"]
