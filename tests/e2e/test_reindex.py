"""`make reindex` on the local stack, with the OpenSearch that runs beside it."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from local.account import Outputs
from local.shopper import Shopper, request
from local.stack import Stack
from ops import reindex
from ops.reindex import Indexer
from ops.stack import find_stack

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("drops the index of search"),
]

PATIENCE_SECONDS = 30


def found(engine: str, key: str) -> dict[str, Any] | None:
    """The document under this key; None where there is none."""
    answer = request("GET", f"{engine}/storefront/_doc/{key}")
    return answer.body["_source"] if answer.status == 200 else None


def until_found(engine: str, key: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if document := found(engine, key):
            return document
        time.sleep(0.1)
    pytest.fail(f"{key} is not found")


def place(shopper: Shopper) -> str:
    order_id = str(uuid.uuid4())
    answer = shopper.request("PUT", f"/orders/{order_id}", {"item": "gloves"})
    assert answer.status == 202
    return f"order:{order_id}"


def test_an_index_that_was_lost_is_made_anew_from_the_tables(
    engine: str,
    stack: Stack,
    outputs: Outputs,
    shopper: Shopper,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = place(shopper)
    group = shopper.request("POST", "/groups", {"name": "Lamps"}).body
    before = until_found(engine, key)
    until_found(engine, f"group:{group['groupID']}")
    for name in request("GET", f"{engine}/_alias/storefront").body:
        request("DELETE", f"{engine}/{name}")
    (tmp_path / ".local").symlink_to(stack.directory)

    status = reindex.reindex(Indexer(find_stack(None, None, tmp_path)))

    assert status == 0
    assert found(engine, key) == before
    assert found(engine, f"group:{group['groupID']}") is not None
    assert "storefront.2 serves search: " in capsys.readouterr().out
    assert until_found(engine, place(shopper))
