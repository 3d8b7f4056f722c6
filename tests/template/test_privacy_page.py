"""docs/privacy.md lists every store of the template, with the times that the template says."""

from collections.abc import Iterator
from typing import Any

from project.template import ROOT, Template
from tests.template.markdown import code, table
from tests.template.rules import changed, resources, rule, without

PAGE = ROOT / "docs" / "privacy.md"

STORES = (
    *("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"),
    *("AWS::Cognito::UserPool", "AWS::OpenSearchService::Domain"),
)

DAY = 24 * 3600

type Row = dict[str, str]


def rows() -> dict[str, Row]:
    """The rows of the page by the names of the stores."""
    return {
        name: {"kept": kept, "backup": backup}
        for store, _, kept, backup in table(PAGE, "Where it is kept")
        for name in code(store)
    }


@rule(
    without("OrdersTable"),
    changed("NewTable", to={"Type": "AWS::DynamoDB::Table"}),
    changed("NewQueue", to={"Type": "AWS::SQS::Queue"}),
)
def test_the_privacy_page_has_a_row_for_every_store(template: Template) -> Iterator[str]:
    stores = {name for name, _ in resources(template, *STORES)}
    yield from (f"docs/privacy.md has no row for {name}" for name in stores - rows().keys())
    yield from (f"docs/privacy.md: no such store: {name}" for name in rows().keys() - stores)


@rule(
    changed("OrdersQueue", "Properties", "MessageRetentionPeriod", to=3 * DAY),
    without("LiveDeadLetterQueue", "Properties", "MessageRetentionPeriod"),
    changed(
        *("FailedEventsBucket", "Properties", "LifecycleConfiguration", "Rules", 0),
        *("ExpirationInDays",),
        to=100,
    ),
    changed(
        *("ImagesBucket", "Properties", "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"),
        to=8,
    ),
)
def test_the_privacy_page_says_how_long_queues_and_buckets_keep_data(
    template: Template,
) -> Iterator[str]:
    for name, store in resources(template, "AWS::SQS::Queue", "AWS::S3::Bucket"):
        for days in _days(store):
            kept = rows().get(name, {}).get("kept", "")
            if f"at most {days} days" not in kept:
                yield f"{name} keeps data for {days} days, but docs/privacy.md says {kept!r}"
    for name, queue in resources(template, "AWS::SQS::Queue"):
        if "MessageRetentionPeriod" not in queue:
            yield f"{name} keeps messages as long as SQS decides"


@rule(
    changed(
        *("OrdersTable", "Properties", "PointInTimeRecoverySpecification"),
        to={"PointInTimeRecoveryEnabled": False},
    ),
    changed(
        *("IdempotencyTable", "Properties", "PointInTimeRecoverySpecification"),
        to={"PointInTimeRecoveryEnabled": True},
    ),
)
def test_the_privacy_page_says_which_tables_can_be_restored(template: Template) -> Iterator[str]:
    for name, properties in resources(template, "AWS::DynamoDB::Table"):
        recovery = properties.get("PointInTimeRecoverySpecification", {})
        is_kept = recovery.get("PointInTimeRecoveryEnabled", False)
        if rows().get(name, {}).get("backup") != ("35 days" if is_kept else "no"):
            yield f"docs/privacy.md: the backup of {name} is not that of the template"


def _days(store: dict[str, Any]) -> Iterator[int]:
    if "MessageRetentionPeriod" in store:
        yield store["MessageRetentionPeriod"] // DAY
    for each in store.get("LifecycleConfiguration", {}).get("Rules", []):
        if "ExpirationInDays" in each:
            yield each["ExpirationInDays"]
