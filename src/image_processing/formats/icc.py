"""ICC colour profiles: ICC.1:2022. A profile is a header, a table of tags, and their data.

A profile is written anew with what converting colours needs. Programs write more: the model and
serial number of a display, the time of its calibration, a preview, or tags of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

# The tags that convert colours (ICC.1:2022, 9.2).
_CONVERSION = frozenset(
    b"A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 D2B0 D2B1 D2B2 D2B3 B2D0 B2D1 B2D2 B2D3"
    b" rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC chad cicp".split()
)
_CLASSES = (b"scnr", b"mntr", b"prtr", b"spac")  # of the profiles that a picture can have
# Every profile must have two texts and a white point. No conversion that is shown needs them.
_ILLUMINANT = struct.pack(">3L", 0xF6D6, 0x10000, 0xD32D)  # D50, which the standard demands
_WHITE = {b"wtpt": b"XYZ " + bytes(4) + _ILLUMINANT}
_DESCRIPTION = b"desc" + struct.pack(">LL", 0, 15) + b"colour profile\0" + bytes(4 + 4 + 3 + 67)
_COPYRIGHT = b"text" + bytes(4) + b"none\0"
_UNICODE = struct.pack(">4sLLL2s2sLL", b"mluc", 0, 1, 12, b"en", b"US", 28, 28)
_REQUIRED = {
    2: {b"desc": _DESCRIPTION, b"cprt": _COPYRIGHT, **_WHITE},
    4: {
        b"desc": _UNICODE + "colour profile".encode("utf-16-be"),
        b"cprt": _UNICODE[:20] + struct.pack(">LL", 8, 28) + "none".encode("utf-16-be"),
        **_WHITE,
    },
}
_MAX_TAGS = 100
_HEADER_BYTES, _SIGNATURE = 128, b"acsp"
_DATE = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}  # of each type of parametric curve

type Tag = tuple[bytes, int, int]
"""The signature of a tag, and the position and size of its data in the profile."""

type Content = tuple[bytes, bytes]
"""The signature of a tag, and its data."""


def for_decoding(profile: bytes) -> bytes:
    """The profile with what converting colours needs. Empty if it is not a valid profile."""
    try:
        [size] = struct.unpack_from(">L", profile)
        tags = [tag for tag in _tags(profile) if tag[0] in _CONVERSION]
        data = {(at, length): profile[at : at + length] for _, at, length in tags}
        is_inside = size <= len(profile) and all(at + length <= size for at, length in data)
        # If tags overlap in part, a small profile could become a large one.
        is_larger = sum(length for _, length in data) > size
        is_known = profile[36:40] == _SIGNATURE and profile[12:16] in _CLASSES
        if not is_known or not is_inside or is_larger:
            return b""
        used = {place: _used(raw) for place, raw in data.items()}
        [intent] = struct.unpack_from(">L", profile, 64)
    except (struct.error, IndexError, KeyError, ValueError):
        return b""
    kept = [(name, content) for name, at, length in tags if (content := used[at, length])]
    if not kept:
        return b""
    return written(4 if profile[8] >= 4 else 2, profile[12:24], kept, intent & 3)


def description(profile: bytes) -> str:
    """The description in a profile (ICC.1:2022, 9.2.41); empty if there is none."""
    try:
        for signature, at, size in _tags(profile):
            if signature == b"desc":
                text = profile[at : at + min(size, 1000)]
                if text[:4] == b"mluc":
                    length, start = struct.unpack_from(">LL", text, 20)
                    return text[start : start + length].decode("utf-16-be", "replace").strip("\0")
                return text[12:].partition(b"\0")[0].decode("ascii", "replace")
    except struct.error:
        pass
    return ""


def _tags(profile: bytes) -> Iterator[Tag]:
    [count] = struct.unpack_from(">L", profile, _HEADER_BYTES)
    for number in range(min(count, _MAX_TAGS)):
        signature, at, size = struct.unpack_from(">4sLL", profile, _HEADER_BYTES + 4 + 12 * number)
        yield signature, at, size


def _used(data: bytes) -> bytes:
    """The data of a tag without what follows them, and without reserved bytes (10.2 to 10.31).

    Empty if they are not of a type that converts colours.
    """
    kind = data[:4]
    size = len(data)
    match kind:
        case b"XYZ ":
            size = 8 + 12
        case b"sf32":  # a matrix
            size = 8 + 9 * 4
        case b"curv":
            size = 12 + 2 * struct.unpack_from(">L", data, 8)[0]
        case b"para":
            size = 12 + 4 * _PARAMETERS[struct.unpack_from(">H", data, 8)[0]]
            data = data[:10] + bytes(2) + data[12:]
        case b"mft1" | b"mft2":
            inputs, outputs, points = data[8:11]
            rows, columns, width = 256, 256, 1
            if kind == b"mft2":
                (rows, columns), width = struct.unpack_from(">HH", data, 48), 2
            numbers = inputs * rows + points**inputs * outputs + outputs * columns
            size = (48 if width == 1 else 52) + numbers * width
            data = data[:11] + b"\0" + data[12:]
        case b"mAB " | b"mBA " | b"mpet" | b"cicp":
            pass
        case _:
            return b""
    return kind + bytes(4) + data[8:size]


def written(version: int, spaces: bytes, tags: list[Content], intent: int = 0) -> bytes:
    """A profile of these tags, which share equal data.

    `spaces` are the signatures of its class, its colour space and its connection space.
    """
    tags = [*_REQUIRED[version].items(), *tags]
    data, at = b"", _HEADER_BYTES + 4 + 12 * len(tags)
    table, places = b"", dict[bytes, int]()
    for name, content in tags:
        if content not in places:
            places[content] = at + len(data)
            data += content.ljust(-(-len(content) // 4) * 4, b"\0")
        table += struct.pack(">4sLL", name, places[content], len(content))
    header = struct.pack(
        ">L4xB3x12s12s4s24xL12s", at + len(data), version, spaces, _DATE, _SIGNATURE, intent,
        _ILLUMINANT,
    ).ljust(_HEADER_BYTES, b"\0")  # fmt: skip
    return header + struct.pack(">L", len(tags)) + table + data
