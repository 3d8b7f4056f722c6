"""`make reindex` on the local stack, with a real OpenSearch."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from local.api_user import ApiUser, request
from local.emulator_clients import Outputs
from local.stack.local_stack import LocalStack
from ops.reindex import Indexer, reindex
from ops.stack import find_stack

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("deletes the search index"),
]

TIMEOUT_SECONDS = 30


def document(engine: str, key: str) -> dict[str, Any] | None:
    """Return the document with this key, or None if it does not exist."""
    response = request("GET", f"{engine}/storefront/_doc/{key}")
    return response.body["_source"] if response.status == 200 else None


def wait_for_document(engine: str, key: str) -> dict[str, Any]:
    end = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < end:
        if found := document(engine, key):
            return found
        time.sleep(0.1)
    pytest.fail(f"{key} was not indexed within {TIMEOUT_SECONDS} s")


def place_order(api_user: ApiUser) -> str:
    """Place an order and return the key of its document."""
    order_id = str(uuid.uuid4())
    response = api_user.request("PUT", f"/orders/{order_id}", {"item": "gloves"})
    assert response.status == 202
    return f"order:{order_id}"


def test_a_lost_index_is_rebuilt_from_the_tables(
    engine: str,
    stack: LocalStack,
    outputs: Outputs,
    api_user: ApiUser,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = place_order(api_user)
    group = api_user.request("POST", "/groups", {"name": "Lamps"}).body
    before = wait_for_document(engine, key)
    wait_for_document(engine, f"group:{group['groupID']}")
    for index in request("GET", f"{engine}/_alias/storefront").body:
        request("DELETE", f"{engine}/{index}")
    (tmp_path / ".local").symlink_to(stack.directory)

    status = reindex(Indexer(find_stack(None, None, tmp_path)))

    assert status == 0
    assert document(engine, key) == before
    assert document(engine, f"group:{group['groupID']}") is not None
    assert "search now uses storefront.2: " in capsys.readouterr().out
    assert wait_for_document(engine, place_order(api_user))
