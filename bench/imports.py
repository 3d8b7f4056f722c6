"""What each function imports, by `-X importtime`, within a budget of its own."""

from __future__ import annotations

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench import cold_start
from bench.section import Bar, Section
from local.stack.deployment import BUILD

# Of what the documented recipe imports. Whoever adds an import sees here what it takes.
BUDGETS = {
    "OrdersWriterFunction": 0.35,
    "OrdersPublisherFunction": 0.35,
    "OrdersFunction": 0.45,
    "ImageUploadFunction": 0.55,
    "ImageProcessingFunction": 0.50,
    "UsersFunction": 0.50,
    "AuthorizerFunction": 0.55,
    "GroupsFunction": 0.55,
    "MessagesFunction": 0.55,
    "SearchFunction": 0.50,
    "LiveFunction": 0.45,
    "LivePushFunction": 0.40,
    "SearchIndexerFunction": 0.40,
}

_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| *(\w+)")
_DEAREST = 4


def section(rounds: int) -> Section:
    """A line a function."""
    rows: list[tuple[str, ...]] = []
    bars = []
    with tempfile.TemporaryDirectory() as folder:
        recipe = cold_start.recipe(Path(folder) / "documented")
        for name in cold_start.functions():
            shares, imported = [], []
            for _ in range(rounds):
                ours = _imported("import app", [BUILD / name, cold_start.LAYER])
                shares.append(sum(ours.values()) / sum(_imported(*recipe).values()))
                imported.append(ours)
            middle = sorted(imported, key=lambda each: sum(each.values()))[rounds // 2]
            dearest = sorted(middle, key=middle.__getitem__, reverse=True)[:_DEAREST]
            named = ", ".join(f"{package} {middle[package]:.0f}" for package in dearest)
            rows.append((name, f"{sum(middle.values()):.0f}", f"{median(shares):.0%}", named))
            bars.append(Bar(f"{name}, imports", median(shares), BUDGETS[name], slack=0.25))
    return Section(
        "Imports",
        "What `import app` takes of each function as built, by `-X importtime` in fresh processes, "
        f"medians of {rounds} rounds; a share is of what the recipe above imports, without "
        "bytecode, measured next to it. The dearest packages are named, with the ms of their own.",
        ("", "ms", "of the recipe's", "the dearest, ms"),
        rows,
        bars,
    )


def _imported(script: str, folders: Sequence[Path]) -> dict[str, float]:
    """Milliseconds by the package that they went into; Python's own library is one."""
    log = cold_start.run(script, folders, "-X", "importtime").stderr
    times: dict[str, float] = defaultdict(float)
    for microseconds, package in _LINE.findall(log.partition("| site\n")[2]):
        own = package in sys.stdlib_module_names
        times["Python's own" if own else package] += int(microseconds) / 1e3
    return times
