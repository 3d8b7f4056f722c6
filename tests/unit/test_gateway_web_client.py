"""The gateway serves the web client: its files with security headers, and its configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.edge import Edge

pytestmark = pytest.mark.asyncio


async def test_a_web_client_is_served_but_no_file_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("client")
    (tmp_path / "web" / "app.js").write_text("script")
    (tmp_path / "secret").write_text("secret")

    async with Edge(web_folder=tmp_path / "web") as edge:
        front = await edge.call("GET", "/")
        script = await edge.call("GET", "/app.js")
        outside = [
            await edge.call("GET", path)
            for path in ("/..%2Fsecret", "/../secret", f"/{tmp_path}/secret", "/%2e%2e/secret")
        ]
        config = await edge.call("GET", "/config.json")

    assert (front.text, script.text) == ("client", "script")
    assert config.json["apiUrl"] == ""
    assert config.json["token"] == "idToken"
    assert config.json["developer"] is True
    for reply in (front, script, config):
        assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert {reply.status for reply in outside} == {404}


async def test_the_web_client_sends_access_tokens_if_the_api_requires_scopes() -> None:
    async with Edge(ApiAuthorizer="CognitoScopes") as edge:
        config = await edge.call("GET", "/config.json")

    assert config.json["token"] == "accessToken"
