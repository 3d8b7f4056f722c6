"""exiftool, which knows where programs store thumbnails, finds none in a clean picture."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from project import npm
from project.functions import module
from tests.harness.pictures import JPEG
from tests.unit.test_image_processing_thumbnails import CASES

FOLDER = "tests/exiftool"
MISSING = "exiftool needs Node, npm and Perl (node, npm and perl on the path)"

# The groups in which exiftool has what a file needs to be decoded, and what is around the file.
DECODING = {
    *("ExifTool", "System", "File", "Composite"),
    *("JFIF", "Adobe", "PNG", "RIFF", "GIF", "IFD0"),
    *("ICC-header", "ICC_Profile"),
}


@pytest.fixture(scope="module")
def exiftool() -> Path:
    """The program. In CI, it must be available."""
    if not (npm.is_available() and shutil.which("perl")):
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return npm.fetch("ExifTool", FOLDER) / "exiftool-vendored.pl" / "bin" / "exiftool"


def tags(exiftool: Path, files: Iterable[Path]) -> dict[str, set[str]]:
    """The tags that exiftool finds in each file, with their groups, also the unknown ones."""
    command = ["perl", str(exiftool), "-j", "-a", "-u", "-G1", *map(str, files)]
    answered = subprocess.run(command, capture_output=True, check=True)
    return {Path(found.pop("SourceFile")).name: set(found) for found in json.loads(answered.stdout)}


def groups(found: set[str]) -> set[str]:
    return {tag.partition(":")[0] for tag in found}


def test_exiftool_finds_only_what_decoding_needs(exiftool: Path, tmp_path: Path) -> None:
    process = module("image_processing", "pipeline").process
    for case, (content_type, data) in CASES.items():
        (tmp_path / case).write_bytes(process(content_type, data).picture)

    found = tags(exiftool, tmp_path.iterdir())

    assert set(found) == set(CASES)
    assert {case: left for case, each in found.items() if (left := groups(each) - DECODING)} == {}
    assert {case for case, each in found.items() if "Thumbnail" in str(each)} == set()


@pytest.mark.parametrize(
    ("case", "tag"),
    [
        ("JFIF", "JFIF:ThumbnailTIFF"),
        ("Photoshop", "Photoshop:PhotoshopThumbnail"),
    ],
)
def test_exiftool_finds_the_thumbnails_of_the_samples(
    exiftool: Path, tmp_path: Path, case: str, tag: str
) -> None:
    content_type, data = CASES[case]
    assert content_type == JPEG
    (tmp_path / case).write_bytes(data)

    [found] = tags(exiftool, tmp_path.iterdir()).values()

    assert tag in found
