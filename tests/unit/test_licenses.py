"""The licences of the deployed packages: what a notice lacks is reported, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from project import licenses
from project.template import ROOT

DEPLOYED = sorted(path.parent for path in ROOT.glob("*/*/requirements.txt"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what the notice of image_processing is about."""
    source = ROOT / "src/image_processing"
    for name in (licenses.NOTICE, "requirements.txt"):
        shutil.copy(source / name, tmp_path)
    shutil.copytree(source / "licenses", tmp_path / "licenses")
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("folder", DEPLOYED, ids=lambda path: path.name)
def test_each_deployed_folder_has_a_current_notice(folder: Path) -> None:
    assert list(licenses.problems(folder)) == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("LGPL-3.0-or-later", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("MIT OR GPL-2.0-only", True),
        ("MIT AND GPL-2.0-only", False),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("unknown", False),
    ],
)
def test_a_licence_with_conditions_for_the_project_is_not_allowed(
    expression: str, *, expected: bool
) -> None:
    assert licenses.is_allowed(expression) is expected


def test_an_upgraded_package_is_reported_until_its_notice_is_written(folder: Path) -> None:
    change(folder / licenses.NOTICE, "| pyvips | 3.2.0 |", "| pyvips | 3.1.0 |")
    before = list(licenses.problems(folder))

    licenses.write(folder)

    assert before == ["NOTICE.md is not current: python -m project.licenses write"]
    assert list(licenses.problems(folder)) == []


def test_what_is_inside_an_upgraded_package_must_be_looked_at(folder: Path) -> None:
    change(folder / licenses.NOTICE, "Inside pi-heif-decoder 1.7.0.post4", "Inside it")

    assert list(licenses.problems(folder)) == [
        "NOTICE.md does not say what is inside pi-heif-decoder 1.7.0.post4: de265, heif"
    ]


def test_a_library_that_the_notice_does_not_name_is_reported(folder: Path) -> None:
    change(folder / licenses.NOTICE, "| [libde265 1.1.3](", "| [another](")
    change(folder / licenses.NOTICE, "strukturag/libde265", "strukturag/another")

    assert list(licenses.problems(folder)) == [
        "NOTICE.md does not name de265 inside pi-heif-decoder 1.7.0.post4"
    ]


def test_the_lgpl_is_deployed_with_the_libraries_under_it(folder: Path) -> None:
    (folder / "licenses/LGPL-3.0.txt").unlink()

    assert list(licenses.problems(folder)) == [
        "pyvips-binary needs licenses/LGPL-3.0.txt beside NOTICE.md"
    ]


def test_a_folder_without_a_notice_is_reported(folder: Path) -> None:
    (folder / licenses.NOTICE).unlink()

    found = list(licenses.problems(folder))

    assert found[0] == "NOTICE.md is not current: python -m project.licenses write"
    assert any("does not say what is inside pillow" in each for each in found)
