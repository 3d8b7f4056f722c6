"""A ZIP that is written as a stream."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self

import simplejson
from upload import Upload

_to_json = partial(simplejson.dumps, use_decimal=True, ensure_ascii=False, indent=2)

type DosTime = tuple[int, int, int, int, int, int]


class Archive:
    """The ZIP with this number, from 1, to be used in a `with` block: complete after it.

    Lists that may continue in the next ZIP have the number in their names, so that people can put
    all files into one folder. `size` is that of the content, before compression.
    """

    def __init__(self, upload: Upload, number: int) -> None:
        self._zip = zipfile.ZipFile(upload, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]
        self._suffix = f"-{number}" if number > 1 else ""
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind:
            self._zip.fp = None  # closing it would write the list of files
        self._zip.close()

    def add_picture(self, name: str, content: bytes, time: DosTime) -> None:
        """Add a file that is compressed already. A ZIP has no time zones; the time is in UTC.

        Its method is nevertheless "deflated". In a stream, a reader such as Java's cannot find the
        end of a file that is only "stored".
        """
        info = zipfile.ZipInfo(name, time)
        self._zip.writestr(info, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=0)
        self.size += len(content)

    def add_text(self, name: str, text: str) -> None:
        content = text.encode()
        self._zip.writestr(name, content)
        self.size += len(content)

    def add_json(self, name: str, content: Any) -> None:
        """Add `<name>.json`."""
        self.add_text(f"{name}.json", f"{_to_json(content)}\n")

    @contextmanager
    def json_list(self, name: str) -> Iterator[Callable[[Any], None]]:
        """Add `<name>.json`, a list. Yields the function that adds one row to it."""
        with self._zip.open(f"{name}{self._suffix}.json", "w") as file:
            between = "["

            def add(row: Any) -> None:
                nonlocal between
                content = f"{between}\n{_to_json(row)}".encode()
                file.write(content)
                self.size += len(content)
                between = ","

            yield add
            file.write(b"[]\n" if between == "[" else b"\n]\n")
