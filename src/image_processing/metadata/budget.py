"""The limit of a picture's metadata: a byte of a file can stand for a thousand bytes of JSON.

All readers spend from one budget while they read. What does not fit is left out and named.
"""

from __future__ import annotations

import json

from common.image import MAX_METADATA_BYTES

# Left to what is not spent: the format, the size, the colour and the names of what was left out.
_REST_BYTES = 32 * 1024
# Of what is read, most fits, unless a file repeats it: many tags can refer to one text.
_MAX_READ_BYTES = 4 * MAX_METADATA_BYTES
_MAX_DROPPED = 50  # lines, whose characters need at most four bytes
_MAX_NAME_LENGTH, _MAX_REASON_LENGTH = 60, 80


_as_json = json.JSONEncoder(ensure_ascii=False).encode


class OverBudget(ValueError):
    """The metadata of the picture have no space left for this part."""

    def __init__(self) -> None:
        super().__init__(f"the metadata have at most {MAX_METADATA_BYTES} bytes")


class Budget:
    """The bytes of JSON that the metadata of one picture may still take, and what was left out."""

    def __init__(self) -> None:
        self._free = MAX_METADATA_BYTES - _REST_BYTES
        self._unread = _MAX_READ_BYTES
        self._dropped: dict[str, str] = {}

    def check(self, size: int, *, leave: int = 0) -> None:
        """Raise OverBudget unless a text of this size can be read, and leaves `leave` bytes.

        Whoever decodes a text calls this first, so that no file takes long to decode.
        """
        self._unread -= size
        if self._unread < 0:
            raise OverBudget
        self._check_free(size, leave)

    def spend[T](self, name: str, value: T, *, leave: int = 0) -> T:
        """The value, which is now part of the metadata under this name. Raises OverBudget.

        Raises UnicodeEncodeError for half of a surrogate pair, which JSON files cannot contain.
        """
        # JSON is never shorter than a text or a list. So what is far too long is not written.
        self._check_free(len(name) + (len(value) if isinstance(value, str | list) else 0), leave)
        size = len(f"{_as_json(name)}: {_as_json(value)}, ".encode())
        self._check_free(size, leave)
        self._free -= size
        return value

    def drop(self, name: str, reason: object) -> None:
        """Name a part that is left out, and the first reason: `Make: cut off`."""
        line = f"{name[:_MAX_NAME_LENGTH]}: {str(reason)[:_MAX_REASON_LENGTH]}"
        if len(self._dropped) >= _MAX_DROPPED:
            name = line = "and more"
        if not line.isprintable():
            line = "".join(c if c.isprintable() else "\ufffd" for c in line)
        self._dropped.setdefault(name[:_MAX_NAME_LENGTH], line)

    @property
    def dropped(self) -> list[str]:
        """The parts that were left out, each once."""
        return list(self._dropped.values())

    def _check_free(self, size: int, leave: int) -> None:
        if size + leave > self._free:
            raise OverBudget
