"""TIFF files: TIFF 6.0. The file is a TIFF structure, in which EXIF data is written as well."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pixels
from metadata import ifd, iptc

from formats.contents import Contents, UnusablePicture

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SPACE = 0x0100, 0x0101, 0x0102, 0x0103, 0x0106
_SAMPLES, _SUBSAMPLING, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 0x0115, 0x0212, 0x0152, 0x0153
_XMP, _IPTC, _PHOTOSHOP, _PROFILE = 0x02BC, 0x83BB, 0x8649, 0x8773

_UNKNOWN = 0  # of extra samples
_UNSIGNED, _UNDEFINED = 1, 4  # sample formats
_MAX_BITS = 16
_YCBCR = 6
# The colour spaces that libvips reads, and how many channels each one has: grey, RGB, a palette,
# CMYK and YCbCr. It does not read CIELAB, nor the light of SGI's LogLuv.
_CHANNELS = {0: 1, 1: 1, 2: 3, 3: 3, 5: 4, _YCBCR: 3}
_OLD_JPEG, _JPEG = 6, 7

_MAX_BYTES = 1 << 22  # of a profile, or of all metadata of one kind
# The bytes of a value of each type in which programs write metadata.
_VALUE_BYTES = {1: 1, ifd.ASCII: 1, 4: 4, 6: 1, ifd.UNDEFINED: 1}
_DATASET = b"\x1c"  # with which IPTC data start


def read(data: bytes) -> Contents:
    """The contents of a file, whose first directory describes the picture.

    Raises UnusablePicture.
    """
    contents = Contents(parts=[data], exif=data)
    try:
        image = {entry.tag: entry for entry in ifd.first_directory(data)}
        width, height = (_numbers(image, tag)[0] for tag in (_WIDTH, _HEIGHT))
    except (IndexError, struct.error, ValueError) as error:
        raise UnusablePicture("the picture is damaged") from error
    contents.add_frame(width, height)
    contents.channels = _channels(image)
    contents.set_profile(_bytes(image, _PROFILE, "profile", contents))
    if packet := _bytes(image, _XMP, "XMP", contents):
        contents.xmp.append(packet)
    contents.iptc = _in_order(_bytes(image, _IPTC, "IPTC", contents))
    if not contents.iptc:
        contents.iptc = iptc.in_photoshop(_bytes(image, _PHOTOSHOP, "Photoshop", contents))
    return contents


def clean(contents: Contents, _orientation: object) -> bytes:
    """A file of the first page, rotated upright. Raises UnusablePicture."""
    [data] = contents.parts
    pixels.header(data)  # checks the size before anything is decoded
    return pixels.clean_tiff(data, contents)


def _channels(image: Mapping[int, ifd.Entry]) -> int:
    """The channels that decoders show. Raises UnusablePicture for a kind that libvips misreads."""
    space, compression, samples = (
        (_numbers(image, tag) or [default])[0]
        for tag, default in ((_SPACE, 1), (_COMPRESSION, 1), (_SAMPLES, 1))
    )
    is_whole_colour = space == _YCBCR and _numbers(image, _SUBSAMPLING) == [1, 1]
    if (
        space not in _CHANNELS
        or compression == _OLD_JPEG
        or (is_whole_colour and compression != _JPEG)
        or any(bits > _MAX_BITS for bits in _numbers(image, _BITS))
        or not {*_numbers(image, _SAMPLE_FORMAT)} <= {_UNSIGNED, _UNDEFINED}
    ):
        raise UnusablePicture(
            "this kind of TIFF is not supported; use grey, RGB or CMYK with 8 or 16 bits"
        )
    extra = _numbers(image, _EXTRA_SAMPLES)
    is_alpha = samples > _CHANNELS[space] and extra[:1] != [_UNKNOWN]
    return _CHANNELS[space] + is_alpha


def _numbers(image: Mapping[int, ifd.Entry], tag: int) -> list[int]:
    """The numbers of a tag; none if the tag is missing. Raises UnusablePicture."""
    if tag not in image:
        return []
    try:
        return [int(number or 0) for number in image[tag].value()]
    except (struct.error, ValueError) as error:
        raise UnusablePicture("the picture is damaged") from error


def _bytes(image: Mapping[int, ifd.Entry], tag: int, name: str, contents: Contents) -> bytes:
    """The bytes of a tag that may be longer than those of a camera."""
    entry = image.get(tag)
    size = entry.count * _VALUE_BYTES.get(entry.type, 0) if entry else 0
    if entry is None or size == 0:
        return b""
    if size > _MAX_BYTES:
        contents.budget.drop(name, f"over {_MAX_BYTES} bytes")
        return b""
    [at] = struct.unpack_from(entry.order + "L", entry.data, entry.at) if size > 4 else [entry.at]
    return entry.data[at : at + size]


def _in_order(datasets: bytes) -> bytes:
    """IPTC data, which programs have written as numbers of four bytes in the other byte order."""
    swapped = datasets[3::-1]
    if datasets.startswith(_DATASET) or not swapped.startswith(_DATASET):
        return datasets
    return b"".join(datasets[at : at + 4][::-1] for at in range(0, len(datasets), 4))
