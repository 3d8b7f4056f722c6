"""Pictures of other programs are served as they are, without bytes that decoders skip."""

from __future__ import annotations

import pytest
import pyvips

from project.functions import module
from tests.harness import pictures
from tests.harness.pictures import AVIF, GIF, JPEG, PNG, TIFF, WEBP
from tests.images import (
    foreign_avif,
    foreign_gif,
    foreign_jpeg,
    foreign_png,
    foreign_tiff,
    foreign_webp,
)
from tests.images.foreign_jpeg import HIDDEN

MODULES = {
    JPEG: foreign_jpeg,
    PNG: foreign_png,
    GIF: foreign_gif,
    WEBP: foreign_webp,
    TIFF: foreign_tiff,
    AVIF: foreign_avif,
}
SHOWN = {(kind, name): data for kind, each in MODULES.items() for name, data in each.SHOWN.items()}
REFUSED = {
    (kind, name): data for kind, each in MODULES.items() for name, data in each.REFUSED.items()
}

pipeline = module("image_processing", "pipeline")
process = pipeline.process


def pixels(data: bytes, frames: str = "") -> bytes:
    written: bytes = pyvips.Image.new_from_buffer(data, frames).write_to_memory()
    return written


@pytest.mark.parametrize(("kind", "name"), [key for key in SHOWN if key[0] != TIFF])
def test_a_foreign_picture_keeps_its_pixels(kind: str, name: str) -> None:
    """fault 69"""
    data = SHOWN[kind, name]

    clean = process(kind, data).picture

    assert pixels(clean) == pixels(data)


@pytest.mark.parametrize(("kind", "name"), SHOWN)
def test_bytes_that_decoders_skip_are_not_served(kind: str, name: str) -> None:
    """fault 72: the bytes before and behind the hidden ones may be needed."""
    clean = process(kind, SHOWN[kind, name])

    assert HIDDEN[:8] not in clean.picture
    assert len(clean.picture) < len(pictures.picture(kind)) + 800


@pytest.mark.parametrize(("kind", "name"), REFUSED)
def test_a_picture_that_is_not_shown_is_refused(kind: str, name: str) -> None:
    """fault 69"""
    with pytest.raises(pipeline.UnusablePicture):
        process(kind, REFUSED[kind, name])
