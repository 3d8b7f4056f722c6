"""What each function imports, measured by `-X importtime`, and a budget for each."""

from __future__ import annotations

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.implementations import LAYER
from bench.init_phase import functions, on_all_cores, recipe, run_script
from bench.report import Report, Target
from local.stack.builds import BUILD

# The maximum share of the recipe's import time. An import that is added shows here.
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
    "ExportsFunction": 0.50,
    "ExportWriterFunction": 0.50,
    "SearchFunction": 0.50,
    "LiveFunction": 0.45,
    "LivePushFunction": 0.40,
    "SearchIndexerFunction": 0.40,
    "ErasureFunction": 0.55,
    "BuyerEmailFunction": 0.55,
}
DEFAULT_BUDGET = max(BUDGETS.values())
"""The budget of a function that has no entry in BUDGETS yet."""

_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| *(\w+)")
_NAMED_PACKAGES = 4

type Imports = Mapping[str, float]
"""Milliseconds by top-level package. Python's standard library counts as one package."""


def report(rounds: int) -> Report:
    """Measure all functions."""
    with tempfile.TemporaryDirectory() as folder:
        documented = recipe(Path(folder) / "documented")

        def measured(name: str) -> list[tuple[Imports, float]]:
            return [
                (
                    _imports("import app", [BUILD / name, LAYER]),
                    sum(_imports(*documented).values()),
                )
                for _ in range(rounds)
            ]

        rounds_by_function = dict(zip(functions(), on_all_cores(measured), strict=True))
    return make_report(rounds_by_function)


def make_report(rounds_by_function: Mapping[str, Sequence[tuple[Imports, float]]]) -> Report:
    """One row per function.

    Each round is the imports of the function, and the milliseconds of the recipe's imports that
    were measured directly after them.
    """
    rows: list[tuple[str, ...]] = []
    targets = []
    for name, measured in rounds_by_function.items():
        share = median(sum(imports.values()) / of_recipe for imports, of_recipe in measured)
        in_order = sorted((imports for imports, _ in measured), key=lambda each: sum(each.values()))
        middle = in_order[len(in_order) // 2]
        slowest = sorted(middle, key=middle.__getitem__, reverse=True)[:_NAMED_PACKAGES]
        named = ", ".join(f"{package} {middle[package]:.0f}" for package in slowest)
        rows.append((name, f"{sum(middle.values()):.0f}", f"{share:.0%}", named))
        budget = BUDGETS.get(name, DEFAULT_BUDGET)
        targets.append(Target(f"{name}, imports", share, budget, tolerance=0.25))
    rounds = max(map(len, rounds_by_function.values()), default=0)
    return Report(
        "Imports",
        "What `import app` costs for each function as built, by `-X importtime` in fresh "
        f"processes, medians of {rounds} rounds. A share is of what the recipe above imports, "
        "without bytecode, measured directly afterwards. The slowest packages are named, with the "
        "milliseconds of their own modules.",
        ("", "ms", "of the recipe", "slowest packages, ms"),
        rows,
        targets,
    )


def _imports(script: str, folders: Sequence[Path]) -> Imports:
    log = run_script(script, folders, "-X", "importtime").stderr
    times: dict[str, float] = defaultdict(float)
    for microseconds, package in _LINE.findall(log.partition("| site\n")[2]):
        standard = package in sys.stdlib_module_names
        times["standard library" if standard else package] += int(microseconds) / 1e3
    return times
