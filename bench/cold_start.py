"""What a cold start costs: imports and clients of each function, and the size of the layer.

Each function is compared with the recipe that Powertools documents for such a function, its
packages without bytecode, as plain `sam build` ships them. It is also compared with itself
without bytecode. boto3 is part of the runtime and has its bytecode unless stated otherwise.
"""

from __future__ import annotations

import compileall
import tempfile
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from bench.implementations import LAYER
from bench.init_phase import (
    RUNTIME_PACKAGES,
    code_folder,
    copy_without_bytecode,
    cpu_milliseconds,
    functions,
    init_script,
    installed,
    on_all_cores,
    recipe,
)
from bench.report import Report, Target
from local.stack.builds import BUILD
from project import template

MAX_LAYER_MEGABYTES = 14

# The maximum share of the recipe's time. A function that only handles batches gets the smaller
# one. A function that routes requests, packs libraries of its own or needs more than one client
# pays for what no recipe for batches contains.
_MAX_SHARE_BATCH, _MAX_SHARE = 0.35, 0.45
_MORE_CLIENTS = {
    "BuyerEmailFunction",  # Cognito and SES, next to DynamoDB
    "SearchIndexerFunction",  # S3 and OpenSearch, next to DynamoDB
    "ErasureFunction",  # S3, SQS and Cognito, next to DynamoDB
    "ExportWriterFunction",  # the same
}
_MAX_SHARE_WITHOUT_BYTECODE = 0.5

type Times = Mapping[tuple[str, str], Sequence[float]]
"""CPU milliseconds of the rounds, by function and variant."""


def report(rounds: int) -> Report:
    """Measure all functions. One row per function."""
    for package in installed(RUNTIME_PACKAGES):  # packages never imported yet have no bytecode
        if package.is_dir():
            compileall.compile_dir(package, quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder)
        documented = recipe(bare / "documented")
        runtime = copy_without_bytecode(bare / "runtime", installed(RUNTIME_PACKAGES))
        layer = copy_without_bytecode(bare / "layer", LAYER.iterdir())

        def measured(name: str) -> dict[tuple[str, str], list[float]]:
            script = init_script(name)
            function = copy_without_bytecode(bare / name, (BUILD / name).iterdir())
            cases = {
                (name, "recipe"): documented,
                (name, "as built"): (script, [BUILD / name, LAYER]),
                (name, "without shipped bytecode"): (script, [function, layer]),
                (name, "without any bytecode"): (script, [function, layer, runtime]),
            }
            times: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
            for _ in range(rounds):
                for case, (script, folders) in cases.items():
                    times[case].append(cpu_milliseconds(script, folders))
            return times

        times = dict(chain.from_iterable(each.items() for each in on_all_cores(measured)))
    max_shares = {name: max_share_of_recipe(name) for name in functions()}
    return _report(max_shares, times, rounds)


def _report(max_shares: Mapping[str, float], times: Times, rounds: int) -> Report:
    all_recipes = median(chain.from_iterable(times[name, "recipe"] for name in max_shares))
    rows: list[tuple[str, ...]] = [("documented recipe", f"{all_recipes:.0f}", "100%", "", "")]
    targets = []
    for name, max_share in max_shares.items():
        built = times[name, "as built"]
        # The variants of one round run one after another: a slow moment affects all of them.
        shares = [
            median(a / b for a, b in zip(built, times[name, other], strict=True))
            for other in ("recipe", "without shipped bytecode", "without any bytecode")
        ]
        rows.append((name, f"{median(built):.0f}", *(f"{share:.0%}" for share in shares)))
        targets.append(Target(f"{name}, share of the recipe", shares[0], max_share, tolerance=0.25))
        targets.append(
            Target(
                f"{name}, share of itself without bytecode",
                shares[2],
                _MAX_SHARE_WITHOUT_BYTECODE,
                tolerance=0.3,
            )
        )
    size = sum(file.stat().st_size for file in LAYER.rglob("*") if file.is_file()) / 1e6
    targets.append(Target("MB of the layer, unzipped", size, MAX_LAYER_MEGABYTES))
    return Report(
        "Init",
        "Imports and clients of each function as built, in fresh processes: CPU time, medians of "
        f"{rounds} rounds. A share compares runs of the same round. The recipe is what Powertools "
        "documents for a batch (Logger, Tracer, Metrics, batch, idempotency, parser and a boto3 "
        "resource), its packages as plain `sam build` ships them, without bytecode. Each function "
        "is also compared with itself without bytecode: first without the bytecode that we "
        "ship, then without any, as in a function that packs its own boto3.",
        (
            "",
            "ms",
            "of the recipe",
            "of itself without shipped bytecode",
            "of itself without any bytecode",
        ),
        rows,
        targets,
    )


def max_share_of_recipe(function: str) -> float:
    """The target of a function: the maximum share of the recipe's time."""
    properties = template.raw()["Resources"][function]["Properties"]
    events: Any = properties.get("Events", {}).values()
    routes = any(event["Type"] in ("Api", "HttpApi") for event in events) or not events
    packs_libraries = (code_folder(function) / "requirements.txt").exists()
    more = routes or packs_libraries or function in _MORE_CLIENTS
    return _MAX_SHARE if more else _MAX_SHARE_BATCH
