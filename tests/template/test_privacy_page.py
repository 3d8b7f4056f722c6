"""docs/privacy.md lists every store of the template: for how long it keeps data, and erasure."""

import json
import re
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
        name: {"kept": kept, "backup": backup, "erasure": erasure}
        for store, _, kept, backup, erasure in table(PAGE, "Where it is kept")
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
            time = f"{days} day" if days == 1 else f"{days} days"
            if days == {"Ref": "LogRetentionDays"}:
                time = "`LogRetentionDays`"
            if f"at most {time}" not in kept:
                yield f"{name} keeps data for {time}, but docs/privacy.md says {kept!r}"
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


@rule(
    without("ErasureFunction", "Properties", "Environment", "Variables", "EXPORTS_BUCKET"),
    changed(
        *("ErasureFunction", "Properties", "Environment", "Variables", "LIVE_URL"),
        to={"Ref": "LiveQueue"},
    ),
)
def test_the_privacy_page_says_which_stores_erasure_searches(template: Template) -> Iterator[str]:
    """fault 65. The function knows a store by its environment."""
    erasure = template["Resources"]["ErasureFunction"]["Properties"]
    variables = json.dumps(erasure["Environment"]["Variables"])
    for name, _ in resources(template, *STORES):
        is_searched = re.search(rf"\b{name}\b", variables) is not None
        says_so = not rows().get(name, {}).get("erasure", "").startswith("not searched")
        if is_searched != says_so:
            yield f"docs/privacy.md: what erasure does to {name} is not what the template says"


@rule(
    changed(
        *("ExportsFunctionRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 0),
        to={"Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["new-kind#*"]}}},
    ),
    changed(
        *("MessagesFunctionRole", "Properties", "Policies"),
        to=[],
    ),
)
def test_the_privacy_page_has_a_row_for_every_kind_of_record(template: Template) -> Iterator[str]:
    """A function has access to records of the idempotency table by the beginning of their keys."""
    allowed = set(re.findall(r'"([\w-]+#)[^"]*\*"', json.dumps(template["Resources"])))
    listed = {kind for kinds, *_ in table(PAGE, "Records that expire") for kind in code(kinds)}
    yield from (f"docs/privacy.md has no row for {kind}" for kind in allowed - listed)
    yield from (f"docs/privacy.md: no function writes {kind}" for kind in listed - allowed)


def _days(store: dict[str, Any]) -> Iterator[Any]:
    if "MessageRetentionPeriod" in store:
        yield store["MessageRetentionPeriod"] // DAY
    for each in store.get("LifecycleConfiguration", {}).get("Rules", []):
        if "ExpirationInDays" in each:
            yield each["ExpirationInDays"]
