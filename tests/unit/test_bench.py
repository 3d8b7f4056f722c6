"""The benchmarks' own calculations: batches, targets, pages and bills."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.hooks import HierarchicalEmitter

from bench import bills, import_time, init_phase, order_changes, prices, scaling, shop_month
from bench.capacity import Meter
from bench.implementations import Run
from bench.report import Report, Target, update_page
from bench.scaling import EventSource, MinuteUsage
from project.template import ROOT


def test_orders_that_arrive_one_at_a_time_are_batches_of_one() -> None:
    assert EventSource(100, 1).batches(1) == {1: 1}
    assert EventSource(100, 1).batches(30) == {1: 30}


def test_a_batch_window_gathers_the_orders_that_arrive_in_it() -> None:
    assert EventSource(1000, 1).batches(120) == {3: 40}  # at 0, 0.5 and 1 s


def test_a_full_batch_does_not_wait_for_its_window() -> None:
    assert EventSource(100, 1).batches(60_000) == {100: 600}


@pytest.mark.parametrize("shards", [1, 4, 7])
def test_every_order_is_in_one_batch_of_one_shard(shards: int) -> None:
    batches = EventSource(10, 2).batches(1000, shards)

    assert sum(size * times for size, times in batches.items()) == 1000
    assert max(batches) <= 10


def test_event_sources_have_the_settings_of_the_template() -> None:
    assert EventSource.of("OrdersWriterFunction") == EventSource(100, 1)


def test_a_target_is_met_or_missed() -> None:
    too_slow = Target("times the tutorial", 5.0, 6.0, at_least=True, tolerance=0.4)
    too_many = Target("requests per order", 0.16, 0.15)

    assert not too_slow.is_met()
    assert too_slow.is_met(short=True)
    assert not too_many.is_met(short=True)
    assert too_many.line() == "- requests per order: 0.16, at most 0.15: MISSED"
    assert too_slow.line(short=True).endswith(": MISSED, within the tolerance")


def test_a_section_replaces_the_earlier_one_with_its_title(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\nHow.\n\n## Writer\n\nold\n\n## Init\n\nstays\n")

    update_page(page, [Report("Writer", "new", ("", "x"), [("Storefront", "1")]).markdown()])

    text = page.read_text()
    assert text.startswith("# Performance\n\nHow.\n\n## Writer\n\nnew\n")
    assert "old" not in text
    assert text.endswith("## Init\n\nstays\n")


def test_a_complete_run_removes_all_earlier_sections(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\nHow.\n\n## Gone\n\nold\n\n## Init\n\nold\n")
    section = Report("Init", "new", ("", "x"), [("Storefront", "1")]).markdown()

    update_page(page, [section], replace_all=True)

    text = page.read_text()
    assert text.startswith("# Performance\n\nHow.\n\n## Init\n\nnew\n")
    assert "old" not in text


def test_a_million_orders_cost_a_million_times_as_much_as_one() -> None:
    writer = MinuteUsage(100, 1, Counter({"requests": 100, "write units": 100}), 0.1, 30_000)
    publisher = MinuteUsage(100, 1, Counter({"PublishBatch": 10, "Publish": 1}), 0.1, 30_000)

    bill = bills.orders_bill(writer, publisher, prices.MILLION, is_storefront=True)

    assert bill["API Gateway, requests"] == prices.MILLION
    assert bill["SQS, requests"] == 1.2 * prices.MILLION  # sent one by one, received by tens
    assert bill["DynamoDB, write units"] == 3 * prices.MILLION  # the table and two indexes
    assert bill["SNS, emails"] == 10_000
    assert prices.dollars({"SNS, emails": bill["SNS, emails"]}) == pytest.approx(0.20)


def test_the_bill_of_changes_has_their_units_and_a_share_of_the_requests() -> None:
    publisher = MinuteUsage(4000, 10, Counter({"PublishBatch": 400}), 1.0, 40_000)

    units = {"write units": 9.0, "read units": 4.0}

    bill = order_changes.changes_bill(100, Run(1.0, 1.0, 1100), units, publisher)

    assert bill["API Gateway, requests"] == 0.04
    assert bill["DynamoDB, write units"] == 9
    assert bill["DynamoDB, read units"] == pytest.approx(4.01)  # a batch has 400 changes
    assert bill["SNS, requests"] == pytest.approx(0.4)
    assert set(bill) <= set(prices.PRICES)


def test_a_meter_counts_what_the_engine_reports() -> None:
    emitter = HierarchicalEmitter()
    meter = Meter(SimpleNamespace(meta=SimpleNamespace(events=emitter)))
    consumed = {"CapacityUnits": 2.0, "GlobalSecondaryIndexes": {"desk": {"CapacityUnits": 1.0}}}

    for action in ("UpdateItem", "GetItem"):
        emitter.emit(
            f"after-call.dynamodb.{action}",
            parsed={"ConsumedCapacity": consumed},
            model=SimpleNamespace(name=action),
        )

    taken = meter.take()
    assert (taken["write units"], taken["read units"], taken["requests"]) == (2, 2, 2)
    assert taken["write units of desk"] == 1
    assert meter.take() == {}


def test_every_unit_of_a_bill_has_a_price() -> None:
    assert set(bills.standing_bill()) <= set(prices.PRICES)


def test_emails_stay_below_the_rate_that_suspends_a_subscription() -> None:
    """fault 28"""
    for per_minute in scaling.RATES:
        batches = EventSource.of("OrdersPublisherFunction").batches(per_minute, scaling.SHARDS)
        assert batches.total() / 60 < scaling.MAX_EMAILS_PER_SECOND


def test_only_functions_of_the_template_have_an_import_budget() -> None:
    assert set(import_time.BUDGETS) <= set(init_phase.functions())


def test_a_new_function_is_measured_against_the_default_import_budget() -> None:
    report = import_time.make_report({"GiftCardsFunction": [({"botocore": 50.0}, 200.0)]})

    assert report.rows == [("GiftCardsFunction", "50", "25%", "botocore 50")]
    [target] = report.targets
    assert target.what == "GiftCardsFunction, imports"
    assert target.limit == import_time.DEFAULT_BUDGET


def test_the_benchmarks_and_what_they_share_do_not_import_the_tests() -> None:
    found = [
        f"{file.relative_to(ROOT)} imports {module}"
        for folder in ("bench", "project")
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for module in _imported_modules(node)
        if module.partition(".")[0] == "tests"
    ]

    assert found == []


def _imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


@pytest.mark.parametrize(
    ("orders", "rate"), [(0, 1), (100, 1), (43_200 * 99, 1), (43_200 * 100, 100), (10**9, 10_000)]
)
def test_a_months_orders_cost_what_orders_at_a_measured_rate_do(orders: int, rate: int) -> None:
    assert shop_month.rate(orders) == rate


@pytest.mark.parametrize("wrong", ["-1", "many", "1e3", "10000000000"])
def test_a_wrong_number_of_orders_is_refused(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        shop_month.main([f"--orders={wrong}"])

    assert f"argument --orders: invalid number: '{wrong}'" in capsys.readouterr().err
