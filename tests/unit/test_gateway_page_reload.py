"""While make watch runs, the page of the web client reloads after changes."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from local.gateway.page_reload import CHANGES, SCRIPT
from tests.harness.edge import Edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]


@pytest.fixture
def web_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "index.html").write_text("<html><head></head></html>")
    return folder


async def test_a_watched_page_loads_a_script_that_its_policy_allows(web_folder: Path) -> None:
    async with Edge(web_folder=web_folder, is_watched=lambda: True) as edge:
        page = await edge.call("GET", "/")
        script = await edge.call("GET", SCRIPT)

    assert f'<script type="module" src="{SCRIPT}">' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert (script.status, script.headers["Content-Type"]) == (200, "text/javascript")
    assert CHANGES in script.text


async def test_nothing_of_it_is_served_without_a_watcher(web_folder: Path) -> None:
    async with Edge(web_folder=web_folder) as edge:
        page = await edge.call("GET", "/")
        others = [await edge.call("GET", path) for path in (SCRIPT, CHANGES)]

    assert SCRIPT not in page.text
    assert [each.status for each in others] == [404, 404]


async def test_a_change_of_the_folder_is_an_event(web_folder: Path) -> None:
    async with (
        Edge(web_folder=web_folder, is_watched=lambda: True) as edge,
        aiohttp.ClientSession() as http,
        http.get(edge.url(CHANGES)) as stream,
    ):
        started = await stream.content.readline()
        content = 0
        async for line in stream.content:
            if line == b"data: changed\n":
                break
            content += 1
            (web_folder / "app.js").write_text(str(content))

    assert stream.headers["Content-Type"] == "text/event-stream"
    assert started.startswith(b"data: ")


async def test_the_events_end_with_the_watcher(web_folder: Path) -> None:
    watched = [True]
    async with (
        Edge(web_folder=web_folder, is_watched=lambda: watched[0]) as edge,
        aiohttp.ClientSession() as http,
        http.get(edge.url(CHANGES)) as stream,
    ):
        await stream.content.readline()

        watched[0] = False

        assert b"changed" not in await stream.content.read()


async def test_the_gateway_stops_while_a_page_waits_for_changes(web_folder: Path) -> None:
    async with aiohttp.ClientSession() as http:
        async with Edge(web_folder=web_folder, is_watched=lambda: True) as edge:
            stream = await http.get(edge.url(CHANGES))
            await stream.content.readline()

        assert b"changed" not in await stream.content.read()
