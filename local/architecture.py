"""The processor that native libraries are compiled for, read from their ELF headers."""

from __future__ import annotations

import struct
from pathlib import Path

# `e_machine` of the ELF header, by the names that Lambda uses (elf(5): EM_AARCH64, EM_X86_64).
_MACHINES = {183: "arm64", 62: "x86_64"}

_HEADER_BYTES = 20
_BYTE_ORDERS = {1: "<", 2: ">"}  # the header's sixth byte


def libraries(folder: Path) -> dict[Path, str]:
    """Return the architecture of each ELF file in a folder: arm64, x86_64, or its ELF number."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path: machine for path in files if (machine := _machine(path))}


def foreign_libraries(folder: Path, architecture: str) -> list[str]:
    """Return the libraries, by their paths in the folder, that do not load on an architecture."""
    return [
        f"{path.relative_to(folder)} ({machine})"
        for path, machine in libraries(folder).items()
        if machine != architecture
    ]


def _machine(path: Path) -> str | None:
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(b"\x7fELF"):
        return None
    [number] = struct.unpack_from(_BYTE_ORDERS.get(header[5], "<") + "H", header, 18)
    return _MACHINES.get(number, str(number))
