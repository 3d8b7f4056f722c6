"""PNG files: the W3C's PNG specification, third edition."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping

from formats import coded_colours
from formats.contents import Contents, UnusablePicture
from formats.orientation import exif_with
from formats.png_metadata import Texts

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES, _ANIMATION_BYTES, _FRAME_CONTROL_BYTES = 13, 8, 26
_CRITICAL, _IS_ANCILLARY = (b"IHDR", b"PLTE", b"IDAT", b"IEND"), 0x20  # a bit of the first letter
_FRAMES = (b"IDAT", b"fcTL", b"fdAT")
_PALETTE, _PALETTE_BYTES = 3, 3 * 256
_TRANSPARENCY_BYTES = {0: 2, 2: 6}  # of a grey and an RGB picture; a palette has one per colour
_MAX_PROFILE_BYTES = 1 << 22


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents(has_end=False)
    texts = Texts(contents)
    chunks: dict[bytes, bytes] = {}  # the first of each kind, before the picture
    frames: list[tuple[bytes, bytes]] = []
    at, previous = len(_SIGNATURE), b""
    while at + 8 <= len(data) and not contents.has_end:
        size, kind = struct.unpack_from(">I4s", data, at)
        body, checksum = data[at + 8 : at + 8 + size], data[at + 8 + size : at + 12 + size]
        at += 12 + size
        if kind == b"IDAT" in chunks and previous != b"IDAT":  # browsers show nothing of these
            raise UnusablePicture("the picture is damaged")
        previous = kind
        # Browsers skip the checksum of a picture and of the end.
        is_intact = kind in (b"IDAT", b"IEND") or checksum == _checksum(kind, body)
        if not kind[0] & _IS_ANCILLARY and not (is_intact and _is_possible(kind, body, chunks)):
            if b"IDAT" in chunks:  # browsers do not read on
                break
            raise UnusablePicture("the picture is damaged")
        if not is_intact:
            contents.budget.drop(kind.decode("latin-1"), "damaged")
        elif kind in _FRAMES:
            frames.append((kind, body))
        elif kind == b"eXIf":
            if not contents.exif:  # browsers do not look for it behind the picture
                contents.is_turned = b"IDAT" not in chunks
            contents.add_exif(body)
        else:
            texts.add(kind, body)
        contents.has_end = kind == b"IEND"
        if is_intact and b"IDAT" not in chunks:
            chunks.setdefault(kind, body)
    texts.finish()
    if b"IDAT" not in chunks or len(chunks.get(b"IHDR", b"")) != _HEADER_BYTES:
        raise UnusablePicture("the picture is damaged or cut off")
    contents.add_frame(*struct.unpack_from(">II", chunks[b"IHDR"]))
    needed = _FRAMES if b"acTL" in chunks else (b"IDAT",)
    pictures = (_frame(kind, body) for kind, body in frames if kind in needed)
    contents.parts = [_chunk(b"IHDR", chunks[b"IHDR"]), *_header(contents, chunks), *pictures]
    return contents


def clean(contents: Contents, orientation: object) -> bytes:
    """A file of the chunks that decoding needs."""
    added = []
    if exif := exif_with(orientation):
        added.append(_chunk(b"eXIf", exif))
    if contents.profile:
        added.append(_chunk(b"iCCP", b"icc\0\0" + zlib.compress(contents.profile)))
    header, *parts = contents.parts
    return b"".join((_SIGNATURE, header, *added, *parts, _chunk(b"IEND", b"")))


def _header(contents: Contents, chunks: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """The chunks before the picture, with only what their kind of picture uses."""
    packed = chunks.get(b"iCCP", b"").partition(b"\0")[2][1:]
    contents.set_profile(_profile(packed))
    described = coded_colours.described(chunks, has_profile=bool(contents.profile))
    contents.colours = coded_colours.profile(described)
    yield from (_chunk(kind, body) for kind, body in described.items())
    if animation := chunks.get(b"acTL"):
        yield _chunk(b"acTL", animation[:_ANIMATION_BYTES])
    bits, kind = chunks[b"IHDR"][8:10]
    colours = 0
    if kind == _PALETTE:
        colours = min(len(chunks.get(b"PLTE", b"")) // 3, 2**bits)
        yield _chunk(b"PLTE", chunks.get(b"PLTE", b"")[: 3 * colours])
    if transparent := chunks.get(b"tRNS", b"")[: _TRANSPARENCY_BYTES.get(kind, colours)]:
        yield _chunk(b"tRNS", transparent)


def _is_possible(kind: bytes, body: bytes, before: Mapping[bytes, bytes]) -> bool:
    """Whether decoders know this kind of chunk and its content."""
    if kind == b"PLTE" and b"IDAT" not in before:
        return kind not in before and 0 < len(body) <= _PALETTE_BYTES and len(body) % 3 == 0
    return kind in _CRITICAL


def _frame(kind: bytes, body: bytes) -> bytes:
    return _chunk(kind, body[:_FRAME_CONTROL_BYTES] if kind == b"fcTL" else body)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + _checksum(kind, body)


def _checksum(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def _profile(packed: bytes) -> bytes:
    """The colour profile in an iCCP chunk; empty if it is too long or cannot be unpacked.

    As libpng does, this reads as many bytes as the profile itself announces. If more follow, they
    and the checksum behind them are not read.
    """
    size = int.from_bytes(_inflate(packed, 4))
    return _inflate(packed, size + 1) if size <= _MAX_PROFILE_BYTES else b""


def _inflate(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""
