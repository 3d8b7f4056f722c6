"""A small HEVC encoder (ITU-T H.265): pictures whose samples are written as they are (PCM).

So the tests have real HEIC files without the encoder of somebody else, and know each sample.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pyvips

BLOCK = 32  # luma samples of a coding block
_MAX_BLOCKS = 12  # as many as rows of the table below

# How much of the arithmetic coder's range is left to the less probable symbol, by the state of the
# model and two bits of the range (table 9-52). Each block uses the next row.
_LESS_PROBABLE = (
    *((128, 176, 208, 240), (128, 167, 197, 227), (128, 158, 187, 216), (123, 150, 178, 205)),
    *((116, 142, 169, 195), (111, 135, 160, 185), (105, 128, 152, 175), (100, 122, 144, 166)),
    *((95, 116, 137, 158), (90, 110, 130, 150), (85, 104, 123, 142), (81, 99, 117, 135)),
)

_PROFILE = bytes([3]) + b"\x70\0\0\0" + b"\x90\0\0\0\0\0" + bytes([30])  # Main Still Picture, 1.0


class Bits:
    """A string of bits."""

    def __init__(self) -> None:
        self._bits: list[str] = []

    def put(self, value: int, size: int = 1) -> None:
        self._bits.append(f"{value:0{size}b}" if size else "")

    def unsigned(self, *values: int) -> None:
        """Exponential-Golomb codes (9.2)."""
        for value in values:
            self.put(value + 1, 2 * (value + 1).bit_length() - 1)

    def align(self) -> None:
        self._bits.append("0" * (-len(self) % 8))

    def stop(self) -> None:
        self.put(1)
        self.align()

    def __len__(self) -> int:
        return sum(map(len, self._bits))

    def __bytes__(self) -> bytes:
        text = "".join(self._bits)
        return int(text or "0", 2).to_bytes(len(text) // 8)


def encode(image: pyvips.Image) -> tuple[bytes, bytes]:
    """The `hvcC` configuration and the data of an item with this RGB picture, in 4:2:0."""
    width, height = image.width, image.height
    sets = [(32, _video()), (33, _sequence(width, height)), (34, _picture())]
    units = [(kind, _unit(kind, content)) for kind, content in sets]
    arrays = b"".join(struct.pack(">BHH", 0x80 | kind, 1, len(unit)) + unit for kind, unit in units)
    head = bytes([1]) + _PROFILE + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f"
    configuration = head + bytes([len(units)]) + arrays
    data = _unit(19, _slice(_planes(image)))
    return configuration, struct.pack(">L", len(data)) + data


def _unit(kind: int, content: bytes) -> bytes:
    """A unit of the bitstream, in which no three bytes look like a start code (7.4.2)."""
    escaped = bytearray([kind << 1, 1])
    zeros = 0
    for byte in content:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(escaped)


def _profile(bits: Bits) -> None:
    for byte in _PROFILE:
        bits.put(byte, 8)


def _video() -> bytes:
    bits = Bits()
    bits.put(0b0000_11_000000_000_1, 16)
    bits.put(0xFFFF, 16)
    _profile(bits)
    bits.put(1)
    bits.unsigned(0, 0, 0)
    bits.put(0, 6)
    bits.unsigned(0)
    bits.put(0b00, 2)
    bits.stop()
    return bytes(bits)


def _sequence(width: int, height: int) -> bytes:
    bits = Bits()
    bits.put(0b0000_000_1, 8)
    _profile(bits)
    bits.unsigned(0, 1, width + -width % BLOCK, height + -height % BLOCK)
    bits.put(1)  # the size is not a multiple of the block's, so a part is not shown
    bits.unsigned(0, -width % BLOCK // 2, 0, -height % BLOCK // 2)
    bits.unsigned(0, 0, 0)  # 8 bits
    bits.put(1)
    bits.unsigned(0, 0, 0)
    bits.unsigned(2, 0, 0, 3, 0, 0)  # blocks of 32 samples
    bits.put(0b0001, 4)  # samples may be written as they are:
    bits.put(0x77, 8)  # with 8 bits
    bits.unsigned(2, 0)
    bits.put(1)
    bits.unsigned(0)
    bits.put(0b00000, 5)
    bits.stop()
    return bytes(bits)


def _picture() -> bytes:
    bits = Bits()
    bits.unsigned(0, 0)
    bits.put(0b00_000_0_0, 7)
    bits.unsigned(0, 0, 0)
    bits.put(0b000, 3)
    bits.unsigned(0, 0)
    bits.put(0b0_00_0_00_0_1, 8)
    bits.put(0b0_1, 2)  # no deblocking
    bits.put(0b00, 2)
    bits.unsigned(0)
    bits.put(0b00, 2)
    bits.stop()
    return bytes(bits)


def _planes(image: pyvips.Image) -> list[pyvips.Image]:
    """Luma and chroma, of whole blocks: BT.601, full range (as JFIF has them)."""
    whole = image.embed(
        0,
        0,
        image.width + -image.width % BLOCK,
        image.height + -image.height % BLOCK,
        extend="copy",
    )
    matrix = [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
    colours = whole.recomb(matrix).linear(1, [0, 128, 128]).rint().cast("uchar")
    return [colours[0], *(colours[band].subsample(2, 2) for band in (1, 2))]


def _slice(planes: list[pyvips.Image]) -> bytes:
    bits = Bits()
    bits.put(0b10, 2)
    bits.unsigned(0, 2, 0)  # all blocks are coded on their own
    bits.stop()
    luma = planes[0]
    places = [(x, y) for y in range(0, luma.height, BLOCK) for x in range(0, luma.width, BLOCK)]
    assert len(places) <= _MAX_BLOCKS, "the picture is too large for this encoder"
    coder = _Coder(bits)
    for state, (x, y) in enumerate(places):
        coder.put_one(_LESS_PROBABLE[state])  # the block is not divided
        coder.end(1)  # its samples follow as they are
        for sample in _samples(planes, x, y):
            bits.put(sample, 8)
        coder = _Coder(bits)
        coder.end(int((x, y) == places[-1]))
    return bytes(bits)


def _samples(planes: list[pyvips.Image], x: int, y: int) -> Iterator[int]:
    for plane, part in zip(planes, (1, 2, 2), strict=True):
        block = plane.crop(x // part, y // part, BLOCK // part, BLOCK // part)
        yield from bytes(block.write_to_memory())


class _Coder:
    """The arithmetic encoder (9.3.5), for symbols that are always one."""

    def __init__(self, bits: Bits) -> None:
        self._bits = bits
        self._low, self._range = 0, 510
        self._waiting, self._is_first = 0, True

    def put_one(self, less_probable: tuple[int, ...]) -> None:
        """Encode a one, which the model expects."""
        self._range -= less_probable[self._range >> 6 & 3]
        self._renormalize()

    def end(self, flag: int) -> None:
        """Encode whether the arithmetic code ends here, and end it."""
        self._range -= 2
        if not flag:
            self._renormalize()
            return
        self._low += self._range
        self._range = 2
        self._renormalize()
        self._put(self._low >> 9 & 1)
        self._bits.put(self._low >> 7 & 3 | 1, 2)
        self._bits.align()

    def _renormalize(self) -> None:
        while self._range < 256:
            if self._low < 256:
                self._put(0)
            elif self._low >= 512:
                self._low -= 512
                self._put(1)
            else:
                self._low -= 256
                self._waiting += 1
            self._range <<= 1
            self._low <<= 1

    def _put(self, bit: int) -> None:
        if self._is_first:
            self._is_first = False
        else:
            self._bits.put(bit)
        for _ in range(self._waiting):
            self._bits.put(1 - bit)
        self._waiting = 0
