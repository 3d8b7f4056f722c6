"""Saved files of a folder, as sets of what was saved at the same time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from watchfiles import Change, DefaultFilter, watch

_IS_SOURCE = DefaultFilter()  # not bytecode, and no drafts of editors
_QUIET = 50  # milliseconds without another save; editors write, rename and format
_LONGEST_ROUND = 100  # milliseconds


class Watcher:
    """Collects the changes of `src`, `layers` and the files in a folder, also while nobody reads.

    It watches folders, because many editors replace the file that they save.
    """

    def __init__(self, root: Path) -> None:
        self._saved: queue.Queue[Path] = queue.Queue()
        self._stopping = threading.Event()
        self._watched = [([root / "src", root / "layers"], True), ([root], False)]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Return when every save is noticed. Raises OSError if the system cannot watch more."""
        for folders, recursive in self._watched:
            rounds = self._rounds(folders, recursive)
            self._put(next(rounds))
            self._threads.append(threading.Thread(target=self._collect, args=(rounds, recursive)))
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

    def _rounds(self, folders: list[Path], recursive: bool) -> Iterator[set[Path]]:  # noqa: FBT001
        """Yield what was saved since the last round, which may be nothing."""
        changes = watch(
            *folders,
            watch_filter=_IS_SOURCE,
            step=_QUIET,
            rust_timeout=_LONGEST_ROUND,
            yield_on_timeout=True,
            recursive=recursive,
            stop_event=self._stopping,
            raise_interrupt=False,
        )
        for changed in changes:
            yield {Path(name) for _, name in changed}

    def _collect(self, rounds: Iterator[set[Path]], recursive: bool) -> None:  # noqa: FBT001
        new: list[Path] = []
        for saved in rounds:
            self._put(saved)
            # The first files of a new folder are written before it is watched.
            for folder in new:
                self._put(each for each in folder.rglob("*") if _IS_SOURCE(Change.added, str(each)))
            new = [path for path in saved if recursive and path.is_dir()]

    def _put(self, saved: Iterable[Path]) -> None:
        for path in saved:
            self._saved.put(path)
