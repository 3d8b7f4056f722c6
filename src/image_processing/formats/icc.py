"""ICC colour profiles: ICC.1:2022. A profile is a header, a table of tags, and their data."""

from __future__ import annotations

import struct
from collections.abc import Iterator

# The tags that the standard defines for converting colours, and those that every profile must
# have (ICC.1:2022, 9.2; ICC.1:2001-04, 6.4). Programs add tags of their own, which may contain
# anything: the serial number of a display, calibration data, a preview.
_STANDARD = frozenset(
    b"A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 D2B0 D2B1 D2B2 D2B3 B2D0 B2D1 B2D2 B2D3 gamt"
    b" rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC wtpt bkpt chad chrm cicp lumi meas tech view vued"
    b" clro clrt clot desc dmnd dmdd cprt".split()
)
_MAX_TAGS = 100
_HEADER_BYTES, _ID = 128, slice(84, 100)

type Tag = tuple[bytes, int, int]
"""The signature of a tag, and the position and size of its data in the profile."""


def without_private_tags(profile: bytes) -> bytes:
    """The profile with the standard's tags only; unchanged if it has no others.

    Empty if it is not a valid profile, which decoders ignore.
    """
    try:
        [size] = struct.unpack_from(">L", profile)
        tags = [tag for tag in _tags(profile) if tag[0] in _STANDARD]
    except struct.error:
        return b""
    data = {(at, length) for _, at, length in tags}
    is_inside = size <= len(profile) and all(at + length <= size for at, length in data)
    # If tags overlap in part, a small profile could become a large one.
    if profile[36:40] != b"acsp" or not is_inside or sum(length for _, length in data) > size:
        return b""
    kept = _written(profile[:_HEADER_BYTES], profile, tags)
    if kept == profile[:size]:
        return kept
    # The ID is a hash of the profile. Zeros say that it was not calculated (ICC.1:2022, 7.2.18).
    header = bytearray(profile[:_HEADER_BYTES])
    header[_ID] = bytes(16)
    return _written(struct.pack(">L", len(kept)) + header[4:], profile, tags)


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


def _written(header: bytes, profile: bytes, tags: list[Tag]) -> bytes:
    """A profile with these tags. Their data keep their order; tags with the same data share it."""
    data, at = b"", len(header) + 4 + 12 * len(tags)
    moved: dict[tuple[int, int], int] = {}
    for _, start, size in sorted(tags, key=lambda tag: tag[1]):
        if (start, size) not in moved:
            moved[start, size] = at + len(data)
            data += profile[start : start + size].ljust(-(-size // 4) * 4, b"\0")
    table = (struct.pack(">4sLL", name, moved[start, size], size) for name, start, size in tags)
    return header + struct.pack(">L", len(tags)) + b"".join(table) + data
