"""Decoding HEIC with libheif and libde265, and the JPEG that is served in its place."""

from __future__ import annotations

import struct

import pyvips
from formats.contents import UnusablePicture

_QUALITY = 90
# The channels, number format and colour space of the modes in which libheif returns pictures.
_MODES = {
    "L": (1, "uchar", "b-w"),
    "I;16": (1, "ushort", "grey16"),  # grey of 10 or 12 bits
    "RGB": (3, "uchar", "srgb"),
    "RGBA": (4, "uchar", "srgb"),
    "RGBa": (4, "uchar", "srgb"),
}

# Primaries and transfer characteristics (ITU-T H.273). Without another profile, browsers show the
# rest as sRGB.
_SRGB = 1, 13
_BT2020, _DISPLAY_P3 = 9, 12
_HDR_TRANSFERS = 16, 18  # PQ and HLG

_THREADS = 2  # a function of 2 GB has little more than one processor


def profile(colours: bytes) -> bytes:
    """The colour profile of `nclx` colours; empty for sRGB. Raises UnusablePicture for HDR."""
    primaries, transfer = struct.unpack(">HH", colours[:4]) if colours else _SRGB
    if primaries == _BT2020 or transfer in _HDR_TRANSFERS:
        raise UnusablePicture("the picture is in HDR, which a JPEG cannot show; use an AVIF")
    if primaries == _DISPLAY_P3:
        loaded: bytes = pyvips.Operation.call("profile_load", "p3")
        return loaded
    return b""


def jpeg(heic: bytes, profile: bytes) -> bytes:
    """The picture as an upright JPEG with this colour profile, if any. Raises UnusablePicture.

    What is transparent becomes white, because a JPEG has no transparency.
    """
    # Only here, because it imports Pillow, which takes longer than everything else at a cold start.
    from pi_heif import options
    from pi_heif.heif import open_heif

    options.DECODE_THREADS = _THREADS
    try:
        decoded = open_heif(heic)
        bands, number, space = _MODES[decoded.mode]
        image = pyvips.Image.new_from_memory(decoded.data, *decoded.size, bands, number)
        image = image.copy(interpretation=space)
        if decoded.mode == "RGBa":
            image = image.unpremultiply()
        if bands == 4:
            image = image.flatten(background=255).cast("uchar")
        if profile[16:20] == (b"GRAY" if bands == 1 else b"RGB "):
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        written: bytes = image.jpegsave_buffer(Q=_QUALITY, keep="icc")
    except (pyvips.Error, RuntimeError, ValueError, LookupError, EOFError, SyntaxError) as error:
        raise UnusablePicture("the picture is damaged") from error
    return written
