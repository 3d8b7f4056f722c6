"""A TIFF is rewritten, so its picture and its thumbnail must be those of the source."""

from __future__ import annotations

import pytest
import pyvips

from project.functions import module
from tests.harness.pictures import TIFF
from tests.images.foreign_tiff import SHOWN

process = module("image_processing", "pipeline").process


@pytest.mark.parametrize("name", SHOWN)
def test_a_tiff_has_the_right_picture_and_thumbnail(name: str) -> None:
    """fault 69: the dark part is at the left, or at the top after the picture was turned."""
    clean = process(TIFF, SHOWN[name])

    for served in (clean.picture, clean.thumbnail):
        image = pyvips.Image.new_from_buffer(served, "").colourspace("srgb").cast("uchar")
        last = image(image.width - 3, image.height - 3)
        assert image.bands == 3
        assert image(2, 2)[0] < 40
        assert last[0] > 210
        assert "one bit" in name or last[1:] == pytest.approx([40, 90], abs=8)


def test_a_profile_that_does_not_work_is_left_out() -> None:
    """fault 70: the colours are those of sRGB then, as in browsers."""
    clean = process(TIFF, SHOWN["a profile of another colour space"])

    assert "icc-profile-data" not in pyvips.Image.new_from_buffer(clean.picture, "").get_fields()
    assert "profile" not in clean.metadata["colour"]
