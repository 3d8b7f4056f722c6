"""Thumbnails, which show what browsers show of the picture."""

from __future__ import annotations

from typing import Any

import pixels
import pyvips
from formats.contents import Contents

_SIDE = 512

_QUALITY = 80


def thumbnail(picture: bytes, contents: Contents) -> bytes:
    """An upright WebP in sRGB without metadata. Raises UnusablePicture."""
    try:
        small = _small(picture, contents)
        if (small != small.getpoint(0, 0)).max() == 0:
            # A file without any pixels is one colour, too. Decoders warn of it.
            _shrunk(picture, "warning").avg()
        written: bytes = small.webpsave_buffer(Q=_QUALITY, keep="none")
    except pyvips.Error as error:
        reason = "damaged" if contents.has_end else "cut off"
        raise pixels.unusable(error, reason) from error
    return written


def _small(picture: bytes, contents: Contents) -> Any:
    """The picture in the size of a thumbnail. The decoded picture is in memory no longer."""
    # Decoders fill what is missing at the end, and only warn.
    image = _shrunk(picture, "error" if contents.has_end else "warning")
    if contents.colours:
        rgb = image.colourspace("rgb16" if image.format == "ushort" else "srgb")
        image = pixels.with_profile(rgb, contents.colours)
    elif image.interpretation == "cmyk" and not contents.profile:
        image = _without_inks(image)
    elif contents.first_frame and not image.hasalpha():
        image = _on_nothing(image, contents.first_frame)
    small = image.thumbnail_image(_SIDE, height=_SIDE, size="down", output_profile="srgb")
    return small.copy_memory()


def _without_inks(image: Any) -> Any:
    """A CMYK picture in RGB, as browsers convert it if it has no profile."""
    full = 65535 if image.format == "ushort" else 255
    light = (full - image[:3]) * (full - image[3]) / full
    return light.cast(image.format).copy(interpretation="rgb16" if full > 255 else "srgb")


def _on_nothing(image: Any, frame: tuple[int, int, int, int]) -> Any:
    """The frame of a GIF on a transparent picture. libvips leaves the picture black."""
    left, top, width, height = frame
    shown = image.crop(left, top, width, height).addalpha()
    return shown.embed(left, top, image.width, image.height, extend="black")


def _shrunk(picture: bytes, fail_on: str) -> Any:
    """The picture, which its decoder makes smaller if it can, but never as small as a thumbnail.

    `thumbnail_buffer` does the same, but does not tell if the picture is damaged.
    """
    options: dict[str, Any] = {"access": "sequential", "fail_on": fail_on}
    image = pyvips.Image.new_from_buffer(picture, "", **options)
    factor = max(image.width, image.height) / _SIDE
    match image.get("vips-loader"):
        case "jpegload_buffer":
            shrink = next((each for each in (8, 4, 2) if factor >= 2 * each), 1)
            # A damaged picture may give more warnings than libvips accepts otherwise.
            options |= {"shrink": shrink, "unlimited": True}
            return pyvips.Image.new_from_buffer(picture, "", **options)
        case "webpload_buffer" if factor >= 2:
            return pyvips.Image.new_from_buffer(picture, "", scale=2 / factor, **options)
    return image
