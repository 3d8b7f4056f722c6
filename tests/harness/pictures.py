"""Small pictures and metadata for the tests, valid and malformed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from functools import cache

import pyvips

TYPES = JPEG, PNG, GIF, WEBP, TIFF, AVIF = tuple(
    f"image/{name}" for name in ("jpeg", "png", "gif", "webp", "tiff", "avif")
)
"""The types whose pictures keep exactly the same pixels."""
HEIC = "image/heic"

XMP_FRAME = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
    ' xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    '<rdf:Description rdf:about="">{}</rdf:Description></rdf:RDF></x:xmpmeta>'
)

type Tag = tuple[int, int, int, bytes]
"""Tag number, TIFF type, count, and the bytes of the values."""


@cache
def picture(content_type: str, width: int = 60, height: int = 40) -> bytes:
    """Return a picture of this type. Its left half is dark, its right half is bright."""
    grey = pyvips.Image.black(width, height) + 30
    bright = pyvips.Image.black(width // 2, height) + 220
    image = grey.insert(bright, width // 2, 0).bandjoin([40, 90]).cast("uchar")
    image = image.copy(interpretation="srgb")
    suffix = {JPEG: ".jpg", PNG: ".png", GIF: ".gif", WEBP: ".webp", TIFF: ".tif"}
    suffix[AVIF] = ".avif[lossless]"
    written: bytes = image.write_to_buffer(suffix[content_type], keep="none")
    return written


@cache
def animation(content_type: str) -> bytes:
    """Return two pictures in one file: two frames, or the two pages of a TIFF."""
    first = pyvips.Image.new_from_buffer(picture(PNG), "")
    both = first.join(first.invert(), "vertical").copy()
    both.set_type(pyvips.GValue.gint_type, "page-height", first.height)
    both.set_type(pyvips.GValue.array_int_type, "delay", [100, 300])
    both.set_type(pyvips.GValue.gint_type, "loop", 3)
    suffix = {GIF: ".gif", WEBP: ".webp[lossless]", TIFF: ".tif"}[content_type]
    written: bytes = both.write_to_buffer(suffix)
    return written


@cache
def profile(private: bytes = b"") -> bytes:
    """Return a colour profile for sRGB. `private` is the content of a private tag, if given."""
    plain: bytes = pyvips.Operation.call("profile_load", "srgb")
    if not private:
        return plain
    [count] = struct.unpack_from(">L", plain, 128)
    entries = list(struct.iter_unpack(">4sLL", plain[132 : 132 + 12 * count]))
    moved = [(name, at + 12, size) for name, at, size in entries]
    moved.append((b"prVw", len(plain) + 12, len(private)))
    table = b"".join(struct.pack(">4sLL", *entry) for entry in moved)
    whole = (
        plain[4:128] + struct.pack(">L", count + 1) + table + plain[132 + 12 * count :] + private
    )
    return struct.pack(">L", 4 + len(whole)) + whole


def with_profile(content_type: str, content: bytes) -> bytes:
    """Return a picture with this colour profile, whether it is valid or not."""
    plain = picture(content_type)
    if content_type == JPEG:
        return with_segments(plain, segment(0xE2, b"ICC_PROFILE\0\1\1" + content))
    if content_type == PNG:
        return plain[:33] + chunk(b"iCCP", b"name\0\0" + zlib.compress(content)) + plain[33:]
    if content_type == WEBP:
        return webp(before=[(b"ICCP", content)])
    return tiff(undefined(0x8773, content))


def ascii_tag(number: int, text: str | bytes) -> Tag:
    raw = (text.encode() if isinstance(text, str) else text) + b"\0"
    return number, 2, len(raw), raw


def short(number: int, *values: int) -> Tag:
    return number, 3, len(values), struct.pack(f">{len(values)}H", *values)


def rational(number: int, *values: tuple[int, int]) -> Tag:
    flat = [part for value in values for part in value]
    return number, 5, len(values), struct.pack(f">{len(flat)}L", *flat)


def double(number: int, value: float) -> Tag:
    return number, 12, 1, struct.pack(">d", value)


def undefined(number: int, raw: bytes) -> Tag:
    return number, 7, len(raw), raw


def exif(
    image: list[Tag] | None = None, photo: list[Tag] | None = None, gps: list[Tag] | None = None
) -> bytes:
    """Return a big-endian TIFF structure with these directories."""
    return _directories({0: image or [], 0x8769: photo or [], 0x8825: gps or []})


def _directories(directories: Mapping[int, list[Tag]]) -> bytes:
    sizes = {
        pointer: 2 + 12 * (len(tags) + (2 if pointer == 0 else 0)) + 4
        for pointer, tags in directories.items()
    }
    starts, at = {}, 8
    for pointer, size in sizes.items():
        starts[pointer], at = at, at + size
    written, values = b"MM\0*" + struct.pack(">L", 8), b""
    for pointer, tags in directories.items():
        pointers = [(p, 4, 1, struct.pack(">L", starts[p])) for p in directories if p]
        entries = sorted([*tags, *(pointers if pointer == 0 else [])])
        written += struct.pack(">H", len(entries))
        for number, kind, count, raw in entries:
            written += struct.pack(">HHL", number, kind, count)
            if len(raw) <= 4:
                written += raw.ljust(4, b"\0")
            else:
                written += struct.pack(">L", at + len(values))
                values += raw
        written += b"\0\0\0\0"
    return written + values


def xmp(properties: str) -> bytes:
    return XMP_FRAME.format(properties).encode()


def iptc(*datasets: tuple[int, int, bytes]) -> bytes:
    return b"".join(struct.pack(">BBBH", 0x1C, r, d, len(v)) + v for r, d, v in datasets)


def jpeg(*, exif: bytes = b"", xmp: bytes = b"", iptc: bytes = b"", comment: bytes = b"") -> bytes:
    """Return a JPEG with this metadata."""
    segments = [
        segment(0xE1, b"Exif\0\0" + exif) if exif else b"",
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp) if xmp else b"",
        photoshop(iptc) if iptc else b"",
        segment(0xFE, comment) if comment else b"",
    ]
    return with_segments(picture(JPEG), *segments)


def photoshop(iptc: bytes) -> bytes:
    """Return the segment in which Photoshop writes IPTC data."""
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    return segment(0xED, b"Photoshop 3.0\0" + resource)


def with_segments(plain: bytes, *segments: bytes) -> bytes:
    """Return a JPEG with these segments after its start."""
    return plain[:2] + b"".join(segments) + plain[2:]


def segment(marker: int, body: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: bytes) -> bytes:
    """Return a PNG with these chunks before its end."""
    plain = picture(PNG)
    return plain[:-12] + b"".join(chunks) + plain[-12:]


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """Return a decompression bomb: a small PNG file with a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packed = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    pixels = b"".join(packed.compress(row * 100) for _ in range(height // 100)) + packed.flush()
    body = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def webp(*chunks: tuple[bytes, bytes], before: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """Return a WebP in the extended format, with these chunks after and before the picture."""
    plain = picture(WEBP)
    flags = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}
    said = sum(flags.get(kind, 0) for kind, _ in (*chunks, *before))
    extended = struct.pack("<4sIB3x", b"VP8X", 10, said) + b"\x3b\0\0" + b"\x27\0\0"
    first, last = (b"".join(webp_chunk(*each) for each in added) for added in (before, chunks))
    body = b"WEBP" + extended + first + plain[12:] + last
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a WebP."""
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def tiff(*tags: Tag) -> bytes:
    """Return a TIFF with these tags in its first directory."""
    plain = picture(TIFF)
    [at] = struct.unpack_from("<L", plain, 4)
    [count] = struct.unpack_from("<H", plain, at)
    entries = [plain[start : start + 12] for start in range(at + 2, at + 2 + 12 * count, 12)]
    values = b""
    for number, kind, size, raw in tags:
        place = struct.pack("<L", len(plain) + len(values))
        entries.append(struct.pack("<HHL", number, kind, size) + place)
        values += raw + b"\0" * (len(raw) % 2)
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry))
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    start = struct.pack("<L", len(plain) + len(values))
    return plain[:4] + start + plain[8:] + values + directory


GPS = [
    ascii_tag(1, "S"),
    rational(2, (33, 1), (51, 1), (2436, 100)),
    ascii_tag(3, "E"),
    rational(4, (151, 1), (12, 1), (36, 1)),
    (5, 1, 1, b"\1"),
    rational(6, (25, 2)),
    rational(7, (7, 1), (30, 1), (5, 2)),
    ascii_tag(0x1D, "2026:11:20"),
]
"""A location and a time: the Sydney Opera House."""
