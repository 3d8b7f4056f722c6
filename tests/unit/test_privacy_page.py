"""docs/privacy.md: every cell about the API, its stores and its live events is true."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from common import aws
from common.order_states import State
from common.sessions import Session, ended_sessions
from project import functions
from project.fake_aws import all_tables, items
from project.template import ROOT
from tests.harness.devices import listening
from tests.harness.marked_shop import DOROTHEA, NORBERT, STAFF, STRANGER, MarkedShop
from tests.harness.simulator.opensearch import served
from tests.harness.viewers import View, index_everything, kept
from tests.template.markdown import code, table

PAGE = ROOT / "docs" / "privacy.md"

DAY = 24 * 3600

REPEATABLE = ("messages", "groups", "image_upload")
"""The functions with requests that a client may repeat. Here, they have a common name in keys."""

type Cells = dict[str, list[str]]
"""The cells of a table by the first one of their row."""


@contextmanager
def filled() -> Iterator[tuple[MarkedShop, dict[str, bytes]]]:
    """A shop, and the content of its stores."""
    with all_tables(), served() as (engine, url), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEARCH_URL", url)
        for bucket in ("ImagesBucket", "ThumbnailsBucket"):
            aws.s3().create_bucket(Bucket=bucket)
        shop = MarkedShop()
        patch.setenv("USER_POOL_ID", shop.pool)
        shop.fill()
        index_everything()
        yield shop, kept() | {"SearchDomain": json.dumps(engine.documents()).encode()}


def yes_no(answers: list[bool]) -> list[str]:
    return ["yes" if each else "no" for each in answers]


def rows(heading: str) -> Cells:
    return {first: cells for first, *cells in table(PAGE, heading)}


def differences(page: Cells, facts: Cells) -> list[str]:
    """The rows whose cells differ from the facts, or that are on one side only."""
    return [
        f"{row}: the page says {page.get(row)}, but it is {facts.get(row)}"
        for row in page | facts
        if page.get(row) != facts.get(row)
    ]


@pytest.mark.ci
def test_every_cell_says_who_sees_a_datum_and_where_it_is_kept() -> None:
    """fault 78"""
    with filled() as (shop, stores):
        viewers = {*shop.users.subs, None}
        views = {viewer: View(shop, viewer) for viewer in viewers}
    facts: Cells = {}
    for name, datum in shop.data.items():
        seen = [views[viewer].shows(datum) for viewer in (datum.user, datum.partner)]
        seen += [views[viewer].shows(datum) for viewer in (STRANGER, STAFF, None)]
        where = [store for store, content in stores.items() if datum.is_in(content)]
        facts[name] = [*yes_no([*seen, where != []]), ", ".join(sorted(where))]

    page = {
        name: [*cells[:6], ", ".join(sorted(code(cells[6])))]
        for name, cells in rows("Who sees what").items()
    }

    assert differences(page, facts) == []


@pytest.mark.ci
def test_every_cell_says_who_is_told_of_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """fault 78"""
    with filled() as (shop, _), listening() as (devices, url):
        monkeypatch.setenv("LIVE_URL", url)
        functions.forget_clients()
        for record in records(shop):
            functions.function("live_push").handler({"Records": [record]}, functions.context())

    told = {name: devices.received[f"marked-connection-of-{name}="] for name in shop.users.subs}
    facts: Cells = {}
    for event in {each["type"] for received in told.values() for each in received}:
        [user, partner] = (NORBERT, DOROTHEA) if "message" in event else (DOROTHEA, NORBERT)
        by = [user, partner, STRANGER, STAFF]
        facts[f"`{event}`"] = yes_no([any(e["type"] == event for e in told[name]) for name in by])
    page = {name: cells[:4] for name, cells in rows("Who is told what").items()}
    assert differences(page, facts) == []


def records(shop: MarkedShop) -> Iterator[dict[str, Any]]:
    """The records of the events, as the streams and the queue would deliver them.

    All users have exports. Only what is told of Dorothea's is of interest.
    """
    [queued] = functions.event("live_push", "one_order")["Records"]
    [streamed] = functions.event("live_push", "one_message")["Records"]
    order = (
        functions.module("orders", "app")
        .orders()
        .get(items("OrdersTable")[0]["orderID"]["S"], None)
    )
    notifications = functions.module("orders_publisher", "notifications")
    in_states = [replace(order, state=state) for state in State]
    bodies = [notifications.event_message("event", each) for each in in_states]
    for each in (*bodies, *waiting("LiveQueue")):
        if shop.sub(DOROTHEA) in each:
            yield queued | {"body": each}
    for row in (*items("MessagesTable"), *items("ImagesTable")):
        if row.get("status") != {"S": "PENDING"}:
            yield streamed | {"dynamodb": streamed["dynamodb"] | {"NewImage": row}}


@pytest.mark.ci
def test_every_record_that_expires_has_a_row() -> None:
    """fault 78"""
    start = time.time()
    with filled() as (shop, _):
        cause_records(shop)
        records = items("IdempotencyTable")

    facts: Cells = {}
    for record in records:
        kind, *rest = record["id"]["S"].split("#")
        expiration = int(record["expiration"]["N"])
        assert expiration > start
        # The record of a quota may have expired since it was written: its hour is over.
        days = max(1, math.ceil((expiration - time.time()) / DAY))
        is_of_user = len(rest) in (2, 3) and rest[0] in shop.users.subs.values()
        is_request = is_of_user and kind != "buyer_email"
        for each in REPEATABLE if is_request else (kind,):
            facts[f"{each}#"] = [f"{days} day" if days == 1 else f"{days} days"]
    page = {
        kind: [kept]
        for kinds, _, kept in table(PAGE, "Records that expire")
        for kind in code(kinds)
    }
    assert differences(page, facts) == []


def cause_records(shop: MarkedShop) -> None:
    """Let each function that has records write one that the shop does not have yet."""
    sub = shop.sub(DOROTHEA)
    functions.module("live", "tickets").tickets().issue(Session(sub, DOROTHEA, 1), "v1")
    challenges = functions.module("users", "challenges")
    challenge = challenges.Challenge("SOFTWARE_TOKEN_MFA", "a session", DOROTHEA, DOROTHEA)
    challenges.challenges().open(challenge)
    ended_sessions().record(sub)
    progress = functions.module("orders_publisher", "publish_progress")
    published = progress.Progress(published=frozenset({"an event"}))
    functions.module("orders_publisher", "app").progress().save(["an event"], published)
    event = {"eventID": "an event", "data": {"placedBy": sub}}
    once_per_event = functions.module("buyer_email", "once").once_per_event
    once_per_event(event, functions.context("buyer_email"), lambda: None)


def waiting(queue: str) -> Iterator[str]:
    """The bodies of the messages in a queue."""
    while messages := aws.sqs().receive_message(QueueUrl=queue).get("Messages"):
        yield from (each["Body"] for each in messages)


def test_a_wrong_cell_is_found() -> None:
    page = {"a title": ["yes", "no"]}

    assert differences(page, {"a title": ["yes", "no"]}) == []
    assert differences(page, {"a title": ["yes", "yes"]}) != []
    assert differences(page, {}) != []
    assert differences({}, page) != []
