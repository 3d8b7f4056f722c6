"""IPTC as JSON: the datasets of the Information Interchange Model 4.2, under its names."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any

from metadata import dates, text
from metadata.budget import Budget, OverBudget
from metadata.iptc_names import BINARY, DATES, NAMES, NUMBERS, REPEATABLE, TIMES

MAX_DATASETS = 2000

_CHARACTER_SET = (1, 90)  # programs write UTF-8 or windows-1252, whatever they declare
_START = re.compile(rb"\x1c[\1-\x09]")  # of a dataset, with the number of its record
_IPTC_RESOURCE = 0x0404
# The signatures of Photoshop's resources; all but the first are of other programs.
_RESOURCE = re.compile(rb"8BIM|PHUT|DCSR|AgHg|MeSa")


def read(data: bytes, budget: Budget) -> dict[str, Any]:
    """The datasets. Repeatable ones are always lists; of others that occur twice, the first counts.

    What is left out is named in the budget.
    """
    found: dict[str, Any] = {}
    for count, (number, raw) in enumerate(_datasets(_in_order(data), budget)):
        if count == MAX_DATASETS:
            budget.drop("IPTC", f"over {MAX_DATASETS} datasets")
            break
        if number == _CHARACTER_SET:
            continue
        name = NAMES.get(number, "")
        if not name:
            budget.drop(f"IPTC dataset {number[0]}:{number[1]}", "not in the standard")
            continue
        if name in found and name not in REPEATABLE:
            budget.drop(name, "it occurs twice")
            continue
        try:
            budget.check(len(raw))
            value = budget.spend(name, _json(name, raw))
        except OverBudget as error:
            budget.drop(name, error)
        except ValueError:
            budget.drop(name, "not in the form that the standard defines")
        else:
            if name in REPEATABLE:
                found.setdefault(name, []).append(value)
            else:
                found[name] = value
    return found


def in_photoshop(resources: bytes) -> bytes:
    """The IPTC data in Photoshop's image resources (Photoshop file format specification)."""
    found: list[bytes] = []
    at = 0
    # Some programs write a wrong size, or no byte that makes it even: the next signature counts.
    while resource := _RESOURCE.search(resources, max(at - 1, 0)):
        start = resource.end()
        kind, name_bytes = struct.unpack(">HB", resources[start : start + 3].ljust(3, b"\0"))
        start += 2 + (name_bytes + 2) // 2 * 2
        size = int.from_bytes(resources[start : start + 4])
        start += 4
        end = start + size + size % 2
        is_inside = end <= len(resources) + 1
        if kind == _IPTC_RESOURCE:
            found.append(resources[start : start + size])
            if not is_inside:
                break
        at = end if is_inside else start
    return b"".join(found)


def _in_order(data: bytes) -> bytes:
    """The data; some TIFF files have them as numbers of four bytes in their own byte order."""
    if data[:1] == b"\x1c" or data[3:4] != b"\x1c":
        return data
    count = len(data) // 4
    return struct.pack(f">{count}L", *struct.unpack_from(f"<{count}L", data))


def _datasets(data: bytes, budget: Budget) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    while start := _START.search(data, at):
        if data[at : start.start()].strip(b"\0"):
            budget.drop("IPTC", "damaged")
        try:
            record, dataset, size = struct.unpack_from(">BBH", data, start.start() + 1)
        except struct.error:
            break
        at = start.start() + 5
        if size & 0x8000:  # an extended dataset: the size follows, in this many bytes
            octets = min(size & 0x7FFF, 4)
            size = int.from_bytes(data[at : at + octets])
            at += octets
        if at + size > len(data):
            budget.drop("IPTC", "cut off")
            return
        yield (record, dataset), data[at : at + size]
        at += size
    if data[at:].strip(b"\0"):
        budget.drop("IPTC", "damaged")


def _json(name: str, raw: bytes) -> Any:
    if name in BINARY:
        return int.from_bytes(raw[:4])
    value = text.decoded(raw).rstrip("\0")
    if name in NUMBERS:
        return int(value)
    if name in DATES:
        return dates.only_date(value)
    if name in TIMES:
        return dates.only_time(value)
    return value
