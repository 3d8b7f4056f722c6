"""What is known of the packages: bills of materials, and known vulnerabilities."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from project import audit, sbom
from project.template import ROOT

DEPLOYED = sorted(path.parent for path in ROOT.glob("*/*/requirements.txt"))


def a_uv(folder: Path, status: int, said: str, error: str = "") -> Path:
    """A program that stands in for uv, and answers so."""
    program = folder / "uv"
    program.write_text(f"#!/bin/sh\necho '{said}'\necho '{error}' >&2\nexit {status}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("folder", DEPLOYED, ids=lambda path: path.name)
def test_a_bill_of_materials_names_what_is_deployed(folder: Path) -> None:
    document = json.loads(sbom.write(folder).read_text())

    named = {f"{each['name']}=={each['version']}" for each in document["components"]}
    pinned = set(re.findall(r"^[\w.-]+==\S+", (folder / "requirements.txt").read_text(), re.M))

    assert document["bomFormat"] == "CycloneDX"
    assert named == pinned
    assert all(each["purl"].startswith("pkg:pypi/") for each in document["components"])


def test_a_known_vulnerability_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uv = a_uv(tmp_path, 1, "PYSEC-2026-1 in shop 1.0")

    assert audit.main(uv) == 1
    assert "PYSEC-2026-1" in capsys.readouterr().out


def test_without_the_database_the_check_says_that_it_did_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uv = a_uv(tmp_path, 2, "", "error: Request failed after 3 retries")

    assert audit.main(uv) == 0
    assert capsys.readouterr().out.startswith("NOT CHECKED")


def test_another_error_of_uv_is_a_failure(tmp_path: Path) -> None:
    assert audit.main(a_uv(tmp_path, 2, "", "error: uv.lock cannot be read")) == 2
