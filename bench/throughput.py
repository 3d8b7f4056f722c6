"""How many orders per second the writer and the publisher process, next to the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.aws_stub import DELAY_SECONDS, run_stub, take_counts
from bench.implementations import (
    DOCUMENTED_WRITER,
    PUBLISHER,
    TUTORIAL_PUBLISHER,
    TUTORIAL_WRITER,
    WRITER,
    Implementation,
    Run,
    run_batches,
)
from bench.report import Report, Target

BATCH_SIZE = 100


@dataclass(frozen=True)
class Comparison:
    """Storefront's implementation and its baselines, with the targets.

    `min_speedup` is the minimum ratio of orders per second, by baseline.
    """

    implementations: Sequence[Implementation]
    min_speedup: Mapping[str, float]
    max_requests_per_order: float


COMPARISONS = {
    "writer": Comparison(
        [WRITER, TUTORIAL_WRITER, DOCUMENTED_WRITER],
        min_speedup={"tutorial": 15.0, "documented": 40.0},
        max_requests_per_order=0.05,
    ),
    "publisher": Comparison(
        [PUBLISHER, TUTORIAL_PUBLISHER],
        min_speedup={"tutorial": 9.0},
        max_requests_per_order=0.15,
    ),
}


@dataclass(frozen=True)
class Result:
    """What one implementation achieved. Times are medians of the rounds."""

    orders_per_second: float
    cpu_microseconds_per_order: float
    requests_per_order: float
    write_units_per_order: float


def measure(implementations: Sequence[Implementation], rounds: int) -> dict[str, Result]:
    """The results by implementation.

    In each round every implementation runs once, in a fresh process, so that a slow moment
    affects all of them.
    """
    runs: dict[str, list[Run]] = {each.name: [] for each in implementations}
    per_order: dict[str, tuple[float, float]] = {}
    with run_stub() as endpoint:
        for _ in range(rounds):
            for each in implementations:
                runs[each.name].append(run_batches(each, endpoint, [BATCH_SIZE] * each.batches))
                counts = take_counts(endpoint)
                orders = BATCH_SIZE * (each.batches + 1)  # with the batch that warms up
                per_order[each.name] = counts["requests"] / orders, counts["write units"] / orders
    return {
        each.name: Result(
            BATCH_SIZE * each.batches / median(run.seconds for run in runs[each.name]),
            median(run.cpu_seconds for run in runs[each.name]) / (BATCH_SIZE * each.batches) * 1e6,
            *per_order[each.name],
        )
        for each in implementations
    }


def report(name: str, rounds: int) -> Report:
    """Measure one of the comparisons."""
    comparison = COMPARISONS[name]
    results = measure(comparison.implementations, rounds)
    storefront = results["Storefront"]
    speedups = {
        each: storefront.orders_per_second / result.orders_per_second
        for each, result in results.items()
    }
    rows = [
        (
            each,
            f"{result.orders_per_second:.0f}",
            f"{result.cpu_microseconds_per_order:.0f}",
            f"{result.requests_per_order:.2f}",
            f"{result.write_units_per_order:.2f}",
            f"{speedups[each]:.1f}x",
        )
        for each, result in results.items()
    ]
    targets = [
        Target(
            f"orders per second, times {each}",
            speedups[each],
            minimum,
            at_least=True,
            tolerance=0.4,
        )
        for each, minimum in comparison.min_speedup.items()
    ]
    targets.append(
        Target(
            "requests per order", storefront.requests_per_order, comparison.max_requests_per_order
        )
    )
    targets.append(Target("write units per order", storefront.write_units_per_order, 1.0))
    return Report(
        name.capitalize(),
        f"Batches of {BATCH_SIZE} orders. A local server stands in for DynamoDB and SNS and "
        f"answers after {DELAY_SECONDS * 1000:.0f} ms. The implementations take turns in fresh "
        f"processes; values are medians of {rounds} rounds. CPU is the CPU time of the process.",
        (
            "",
            "orders/s",
            "CPU µs/order",
            "requests/order",
            "write units/order",
            "speedup of Storefront",
        ),
        rows,
        targets,
    )
