"""make watch: the time from a save to the first answer of the saved code.

The sources are a copy, so that nothing of the project changes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.report import Report, Target
from local.api_user import ApiUser
from local.development.functions import Functions
from local.development.sessions import Session
from local.stack.local_stack import LocalStack
from local.watch.updates import follow
from local.watch.watcher import Watcher
from project.template import ROOT

SAVES = 20
MAX_SECONDS = 2.0

# Each file, and what is replaced in it by an answer that differs after each save.
_FILES = {
    "a file of the layer": (
        "layers/common/common/groups.py",
        'NotFound("no such group")',
        "NotFound({})",
    ),
    "a file of a function": (
        "src/groups/app.py",
        "groups().get(group_id.lower()).to_json()",
        '{{"message": {}}}',
    ),
}
_POLL_SECONDS = 0.02


def report() -> Report:
    """Measure a new stack, which is stopped afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder, "stack"), 0, 0, say=lambda _: None)
        root = Path(folder, "sources")
        for name in ("src", "layers"):
            shutil.copytree(ROOT / name, root / name)
        try:
            outputs = stack.up()
            ask = _question(ApiUser.sign_in(outputs, "bench"))
            seconds = _measure(Functions(outputs), root, ask)
        finally:
            stack.down()
    return _report(seconds)


def _question(user: ApiUser) -> Callable[[], str]:
    """Return a request that both files answer, with the text of its answer."""
    return lambda: str(user.request("GET", "/groups/none").body)


def _measure(functions: Functions, root: Path, ask: Callable[[], str]) -> dict[str, list[float]]:
    """Return the seconds of each save, by the file that was saved."""
    session = Session(str(root), os.getpid())
    stopping = threading.Event()

    def ignore(_: object = None) -> None:
        pass

    with Watcher(root) as watcher, functions.developed(session):
        arguments = (watcher, root, functions, ignore, ignore, stopping)
        following = threading.Thread(target=follow, args=arguments)
        following.start()
        try:
            ask()  # starts the function
            return {
                what: _save(root / name, code, changed, ask)
                for what, (name, code, changed) in _FILES.items()
            }
        finally:
            stopping.set()
            following.join()


def _save(file: Path, code: str, changed: str, ask: Callable[[], str]) -> list[float]:
    """Save a file that answers with another text each time."""
    before, seconds = file.read_text(), []
    for number in range(SAVES):
        text = f"{file.stem} {number}"
        start = time.perf_counter()
        file.write_text(before.replace(code, changed.format(repr(text))))
        while text not in ask():
            time.sleep(_POLL_SECONDS)
        seconds.append(time.perf_counter() - start)
    return seconds


def _report(seconds: dict[str, list[float]]) -> Report:
    return Report(
        "Watch",
        f"The seconds from a save to the first answer of the saved code, while `make watch` runs; "
        f"{SAVES} saves of each kind. The first request after a save starts the function again.",
        ("", "median", "maximum"),
        [(what, f"{median(each):.2f} s", f"{max(each):.2f} s") for what, each in seconds.items()],
        [
            Target(f"seconds after {what} was saved, maximum", max(each), MAX_SECONDS)
            for what, each in seconds.items()
        ],
    )
