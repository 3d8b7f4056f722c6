"""Saved files of a folder, as sets of what was saved at the same time."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from watchfiles import Change, DefaultFilter, watch

_IS_SOURCE = DefaultFilter()  # not bytecode, and no drafts of editors
_QUIET = 50  # milliseconds without another save; editors write, rename and format


class Watcher:
    """Collects the changes of `src`, `layers` and the files in a folder, also while nobody reads.

    It watches folders, because many editors replace the file that they save.
    """

    def __init__(self, root: Path) -> None:
        self._saved: queue.Queue[Path] = queue.Queue()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._collect, args=([root / "src", root / "layers"], True)),
            threading.Thread(target=self._collect, args=([root], False)),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait(self, seconds: float | None = None) -> set[Path]:
        """Wait for changes, and return all changed paths; empty after these seconds."""
        try:
            changed = {self._saved.get(timeout=seconds)}
        except queue.Empty:
            return set()
        while not self._saved.empty():
            changed.add(self._saved.get())
        return changed

    def _collect(self, folders: list[Path], recursive: bool) -> None:  # noqa: FBT001
        changes = watch(
            *folders,
            watch_filter=_IS_SOURCE,
            step=_QUIET,
            recursive=recursive,
            stop_event=self._stopping,
            raise_interrupt=False,
        )
        for changed in changes:
            for _, name in changed:
                path = Path(name)
                self._saved.put(path)
                if recursive and path.is_dir():
                    # It is new, and is not watched yet when its first files are written.
                    for each in path.rglob("*"):
                        if _IS_SOURCE(Change.added, str(each)):
                            self._saved.put(each)
