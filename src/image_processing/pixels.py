"""Decoding pixels with libvips: six formats, and pictures of a limited size."""

from __future__ import annotations

import re
from typing import Any

import pyvips
from formats.contents import Contents, UnusablePicture

MAX_PIXELS = 100_000_000
MAX_DECODED_BYTES = 8 * MAX_PIXELS

_PROFILE = "icc-profile-data"  # where libvips has the colour profile of a picture

# libvips detects the file type by itself, so all loaders of other formats are blocked.
_LOADERS = ("Jpeg", "Png", "Webp", "Tiff", "Nsgif", "Heif")
pyvips.operation_block_set("VipsForeignLoad", True)  # noqa: FBT003
for _loader in _LOADERS:
    pyvips.operation_block_set(f"VipsForeignLoad{_loader}", False)  # noqa: FBT003
pyvips.cache_set_max(0)  # no picture is processed twice

_SPACES = {
    "b-w": "grey",
    "grey16": "grey",
    "rgb16": "RGB",
    "srgb": "sRGB",
    "rgb": "RGB",
    "cmyk": "CMYK",
    "lab": "Lab",
}
_BITS = {
    "uchar": 8,
    "char": 8,
    "ushort": 16,
    "short": 16,
    "uint": 32,
    "int": 32,
    "float": 32,
    "double": 64,
}


def refuse_oversized(width: int, height: int) -> None:
    """Raise UnusablePicture if the size in the file's header is too large or zero."""
    if width < 1 or height < 1:
        raise UnusablePicture("the picture is damaged")
    if width * height > MAX_PIXELS:
        raise UnusablePicture(
            f"the picture has {width * height // 1_000_000} megapixels;"
            f" the limit is {MAX_PIXELS // 1_000_000}"
        )


def unusable(error: pyvips.Error, reason: str = "damaged") -> UnusablePicture:
    """What to raise for an error of libvips. `reason` counts unless the memory is exhausted."""
    if re.search(r"out of memory|memory allocation", str(error), re.IGNORECASE):
        return UnusablePicture("decoding the picture takes too much memory; make it smaller")
    return UnusablePicture(f"the picture is {reason}")


def header(picture: bytes) -> Any:
    """The picture in libvips, whose pixels are not decoded yet. Raises UnusablePicture."""
    try:
        image = pyvips.Image.new_from_buffer(picture, "", access="sequential", fail_on="error")
    except pyvips.Error as error:
        raise unusable(error) from error
    refuse_oversized(image.width, image.height)
    if (
        image.width * image.height * image.bands * _BITS.get(image.format, 128) // 8
        > MAX_DECODED_BYTES
    ):
        raise UnusablePicture("the picture has too many colour channels")
    return image


def size(image: Any) -> dict[str, int]:
    """Width and height of the picture when it is shown upright."""
    sideways = image.get_typeof("orientation") and image.get("orientation") > 4
    width, height = (image.height, image.width) if sideways else (image.width, image.height)
    return {"width": width, "height": height}


def colour(image: Any, profile_name: str) -> dict[str, Any]:
    """The colour space, channels and colour profile of the picture."""
    return {
        "space": _SPACES.get(image.interpretation, image.interpretation),
        "channels": image.bands,
        "bitsPerChannel": _bits(image),
        "alpha": bool(image.hasalpha()),
        **({"profile": profile_name} if profile_name and image.get_typeof(_PROFILE) else {}),
    }


def _bits(image: Any) -> int:
    """The bits of a channel, which libvips decodes to 16 if a HEIF file has 10 or 12."""
    if image.get_typeof("heif-compression"):
        return int(image.get("bits-per-sample"))
    return _BITS.get(image.format, 0)


def profile_works(image: Any) -> bool:
    """Whether libvips can convert the colours of the picture with its profile, if it has one."""
    if not image.get_typeof(_PROFILE):
        return True
    sample = pyvips.Image.black(1, 1, bands=image.bands).cast(image.format)
    sample = with_profile(sample.copy(interpretation=image.interpretation), image.get(_PROFILE))
    try:
        sample.icc_import(embedded=True).avg()
    except pyvips.Error:
        return False
    return True


def clean_tiff(picture: bytes, contents: Contents) -> bytes:
    """The first page of a TIFF, upright, with unchanged pixels. Raises UnusablePicture."""
    try:
        page = _page(picture, contents)
        written: bytes = page.tiffsave_buffer(
            compression="deflate", predictor="horizontal", keep="icc"
        )
        # This file becomes the only one, so a mistake of the writer must not remain.
        after = pyvips.Image.new_from_buffer(written, "", access="sequential", fail_on="warning")
        before = _page(picture, contents)
        kept = ("width", "height", "bands", "format", "interpretation")
        if any(after.get(name) != before.get(name) for name in kept) or (after != before).max() > 0:
            raise UnusablePicture("the picture cannot be written without loss")
    except pyvips.Error as error:
        raise unusable(error) from error
    return written


def _page(picture: bytes, contents: Contents) -> Any:
    """The first page of a TIFF with the channels that decoders show."""
    image = pyvips.Image.new_from_buffer(picture, "", access="sequential", fail_on="error")
    if image.get_typeof("orientation") and image.get("orientation") > 1:
        image = pyvips.Image.new_from_buffer(picture, "", fail_on="error").autorot()
    if image.bands > contents.channels:
        image = image.extract_band(0, n=contents.channels)
    image = image.copy(xres=1, yres=1)
    if contents.profile:
        return with_profile(image, contents.profile)
    if image.get_typeof(_PROFILE):
        image.remove(_PROFILE)
    return image


def with_profile(image: Any, profile: bytes) -> Any:
    """The picture with this colour profile in place of its own."""
    copy = image.copy()
    copy.set_type(pyvips.GValue.blob_type, _PROFILE, profile)
    return copy
