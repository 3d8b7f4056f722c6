"""The benchmarks' own reckoning: batches, bars, pages and bills."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench import cold_start, cost, growth, imports
from bench.growth import Asked, Source
from bench.section import Bar, Section, keep


def test_orders_one_by_one_are_batches_of_one() -> None:
    assert Source(100, 1).batches(1) == {1: 1}
    assert Source(100, 1).batches(30) == {1: 30}


def test_a_window_gathers_what_arrives_in_it() -> None:
    assert Source(1000, 1).batches(120) == {3: 40}  # at 0, 0.5 and 1 s


def test_a_full_batch_does_not_wait() -> None:
    assert Source(100, 1).batches(60_000) == {100: 600}


@pytest.mark.parametrize("lanes", [1, 4, 7])
def test_no_order_is_lost_on_the_way_through_the_lanes(lanes: int) -> None:
    batches = Source(10, 2).batches(1000, lanes)

    assert sum(size * times for size, times in batches.items()) == 1000
    assert max(batches) <= 10


def test_sources_have_the_settings_of_the_template() -> None:
    assert Source.of("OrdersWriterFunction") == Source(100, 1)


def test_a_bar_holds_or_is_missed() -> None:
    faster = Bar("times the tutorial", 5.0, 6.0, at_least=True, slack=0.4)
    dearer = Bar("requests an order", 0.16, 0.15)

    assert not faster.holds()
    assert faster.holds(short=True)
    assert not dearer.holds(short=True)
    assert dearer.line() == "- requests an order: 0.16, at most 0.15: MISSED"
    assert faster.line(short=True).endswith(": MISSED, within the slack")


def test_a_section_is_kept_in_place_of_its_former_self(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\nHow.\n\n## Writer\n\nold\n\n## Init\n\nstays\n")

    keep(page, [Section("Writer", "new", ("", "x"), [("ours", "1")]).markdown()])

    text = page.read_text()
    assert text.startswith("# Performance\n\nHow.\n\n## Writer\n\nnew\n")
    assert "old" not in text
    assert text.endswith("## Init\n\nstays\n")


def test_a_whole_run_leaves_nothing_of_a_former_one(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\nHow.\n\n## Gone\n\nold\n\n## Init\n\nold\n")

    keep(page, [Section("Init", "new", ("", "x"), [("ours", "1")]).markdown()], alone=True)

    text = page.read_text()
    assert text.startswith("# Performance\n\nHow.\n\n## Init\n\nnew\n")
    assert "old" not in text


def test_a_million_orders_cost_a_million_times_what_one_costs() -> None:
    writer = Asked(100, 1, Counter({"requests": 100, "write units": 100}), 0.1, 30_000)
    publisher = Asked(100, 1, Counter({"PublishBatch": 10, "Publish": 1}), 0.1, 30_000)

    bill = cost.orders_bill(writer, publisher, cost.MILLION, ours=True)

    assert bill["API Gateway, requests"] == cost.MILLION
    assert bill["SQS, requests"] == 1.2 * cost.MILLION  # in one by one, out by tens
    assert bill["DynamoDB, write units"] == 2 * cost.MILLION  # the table and its index
    assert bill["SNS, emails"] == 10_000
    assert cost.dollars({"SNS, emails": bill["SNS, emails"]}) == pytest.approx(0.20)


def test_every_unit_of_a_bill_has_a_price() -> None:
    assert set(cost.standing_bill()) <= set(cost.PRICES)
    assert set(cost.CONFIRMED) <= set(cost.PRICES)


def test_emails_stay_below_what_suspends_a_subscription_at_any_rate() -> None:
    """fault 28"""
    for per_minute in growth.RATES:
        batches = Source.of("OrdersPublisherFunction").batches(per_minute, growth.SHARDS)
        assert batches.total() / 60 < growth.SUSPENDED_AT


def test_every_function_has_a_budget_of_imports() -> None:
    assert set(imports.BUDGETS) == set(cold_start.functions())
