"""Texts from files, which say in many ways how they are encoded, or not at all."""

from __future__ import annotations

import codecs
import re

_WINDOWS = "windows-1252"
_OTHERWISE_WINDOWS = "otherwise-windows-1252"  # for `decode`, as `replace` and `ignore` are
_HEADER_BYTES = 8


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode(_WINDOWS, "replace"), error.end


codecs.register_error(_OTHERWISE_WINDOWS, _as_windows)

# Nobody writes control characters. These are texts of Windows that were read as Latin-1.
_CONTROL = re.compile("[\x80-\x9f]")


def decoded(raw: bytes) -> str:
    """A text in UTF-8; what is not valid UTF-8 is read as windows-1252."""
    return _CONTROL.sub(
        lambda control: control[0].encode("latin-1").decode(_WINDOWS, "replace"),
        raw.decode("utf-8", _OTHERWISE_WINDOWS),
    )


def utf16(raw: bytes, order: str) -> str:
    """A text in UTF-16 up to its first NUL. `order` is the byte order if the text has no mark."""
    raw = raw[: len(raw) // 2 * 2]
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        text = raw.decode("utf-16", "replace")
    else:
        encoding = "utf-16-le" if order == "<" else "utf-16-be"
        text = raw.decode(encoding, "replace")
    return text.partition("\0")[0]


def with_header(raw: bytes, order: str) -> str:
    """A text whose first bytes name its encoding (Exif 3.0, 4.6.6.5). Raises ValueError.

    Programs write the header with spaces, or not at all, UTF-8 as ASCII, and UTF-16 in any order.
    """
    header, text = raw[:_HEADER_BYTES].rstrip(b"\0 "), raw[_HEADER_BYTES:]
    if header == b"UNICODE":
        return utf16(text, _likely_order(text, order)).rstrip(" ")
    if header == b"JIS":
        return text.decode("iso2022_jp", "replace").rstrip("\0 ")
    if header in (b"ASCII", b"") or header.startswith(b"\0"):
        return decoded(text.partition(b"\0")[0]).rstrip(" ")
    whole = raw.rstrip(b"\0 ")
    if b"\0" in whole:
        raise ValueError("unknown encoding")
    return decoded(whole)


def _likely_order(text: bytes, otherwise: str) -> str:
    """The byte order in which the high bytes differ less: most texts use few scripts."""
    first, second = len({*text[::2]}), len({*text[1::2]})
    if first == second:
        return otherwise
    return ">" if first < second else "<"
