"""The colours of a picture without a profile: codes, and a PNG's chunks cICP, sRGB, gAMA and cHRM.

Browsers show the colours that these describe (PNG, 11.3.2). libvips does not, so a colour
profile says the same to it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from formats import icc

type Vector = Sequence[float]
type Matrix = Sequence[Vector]

# ITU-T H.273: white, red, green and blue, each as x and y.
_SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_PRIMARIES = {
    1: _SRGB,
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
VIDEO_TRANSFERS, SRGB_TRANSFER = (1, 6, 14, 15), 13
_CURVES = {4: (2.2,), 5: (2.8,), 8: (1.0,), SRGB_TRANSFER: _SRGB_CURVE}
_CURVES |= dict.fromkeys(VIDEO_TRANSFERS, (2.4,))  # as screens show video (ITU-R BT.1886)

_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_SIZES = {b"cICP": 4, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32}
_UNIT = 100_000  # of the numbers in gAMA and cHRM
# Programs write this gamma for sRGB, and browsers then take sRGB's curve.
_SRGB_GAMMA, _SAME_GAMMA = 45_455, 500


def described(chunks: Mapping[bytes, bytes], *, has_profile: bool) -> dict[bytes, bytes]:
    """The chunks that browsers follow, beside a profile. Of several, the first one counts."""
    for kinds in ((b"cICP",), (b"sRGB",), (b"gAMA", b"cHRM")):
        found = {kind: chunks[kind] for kind in kinds if len(chunks.get(kind, b"")) == _SIZES[kind]}
        if kinds[0] in found:
            return found
        if has_profile:
            break
    return {}


def profile(chunks: Mapping[bytes, bytes]) -> bytes:
    """A colour profile for what these chunks describe; empty if that is sRGB, or unknown."""
    if cicp := chunks.get(b"cICP"):
        return coded(cicp[0], cicp[1])
    gamma = int.from_bytes(chunks.get(b"gAMA", b""))
    if b"cHRM" in chunks:
        primaries = tuple(each / _UNIT for each in struct.unpack(">8L", chunks[b"cHRM"]))
    else:
        primaries = _SRGB
        gamma = 0 if abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA else gamma
    try:
        return _profile(primaries, (_UNIT / gamma,)) if gamma else b""
    except (ZeroDivisionError, struct.error):  # impossible colours, which browsers ignore
        return b""


def coded(primaries: int, transfer: int) -> bytes:
    """A colour profile for these codes of ITU-T H.273; empty if they mean sRGB, or are unknown."""
    corners, curve = _PRIMARIES.get(primaries), _CURVES.get(transfer)
    if not corners or not curve or (primaries, transfer) == (1, SRGB_TRANSFER):
        return b""
    return _profile(corners, curve)


def _profile(corners: tuple[float, ...], curve: tuple[float, ...]) -> bytes:
    """A profile with these primaries (ICC.1:2022, 8.3.3), and a parametric curve (10.18)."""
    white, *primaries = (_xyz(corners[at], corners[at + 1]) for at in range(0, 8, 2))
    columns = _transposed(primaries)
    strengths = _product(_inverse(columns), white)
    tags = []
    for name, primary, strength in zip((b"r", b"g", b"b"), primaries, strengths, strict=True):
        colour = _adapted([strength * part for part in primary], white)
        tags.append((name + b"XYZ", _numbers(b"XYZ ", colour)))
    kind = struct.pack(">HH", 3 if len(curve) > 1 else 0, 0)
    tone = _numbers(b"para", curve, kind)
    tags += [(name + b"TRC", tone) for name in (b"r", b"g", b"b")]
    return icc.written(4, b"mntrRGB XYZ ", tags)


def _numbers(kind: bytes, values: Sequence[float], before: bytes = b"") -> bytes:
    fixed = (round(value * 65536) for value in values)
    return kind + bytes(4) + before + struct.pack(f">{len(values)}l", *fixed)


def _xyz(x: float, y: float) -> Vector:
    return [x / y, 1, (1 - x - y) / y]


def _adapted(colour: Vector, white: Vector) -> Vector:
    """The colour as it looks when D50 is white, and not this other one (ICC.1:2022, annex E)."""
    ratios = [
        new / old for new, old in zip(*(_product(_BRADFORD, w) for w in (_D50, white)), strict=True)
    ]
    cones = _product(_BRADFORD, colour)
    return _product(_inverse(_BRADFORD), [r * cone for r, cone in zip(ratios, cones, strict=True)])


def _product(matrix: Matrix, vector: Vector) -> Vector:
    return [sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix]


def _transposed(matrix: Matrix) -> Matrix:
    return [list(row) for row in zip(*matrix, strict=True)]


def _inverse(matrix: Matrix) -> Matrix:
    """The inverse of a matrix, from its rows' cross products. Raises ZeroDivisionError."""
    a, b, c = matrix
    crossed = [_cross(b, c), _cross(c, a), _cross(a, b)]
    determinant = sum(m * v for m, v in zip(a, crossed[0], strict=True))
    return _transposed([[part / determinant for part in row] for row in crossed])


def _cross(a: Vector, b: Vector) -> Vector:
    return [a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)]
