"""Which requests the servers of a local stack answer, and the credentials of its clients."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import AsyncIterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import pytest_asyncio

from local.emulator_clients import Outputs, client, environment, new_credentials
from local.origins import is_from_foreign_page, is_own_host, origins
from local.stack.ports import answers
from project.template import ROOT
from tests.harness.edge import Edge

GATEWAY = "http://127.0.0.1:3000"
OUTPUTS: Outputs = {"Endpoint": "http://127.0.0.1:4566", **new_credentials()}


@pytest_asyncio.fixture
async def edge() -> AsyncIterator[Edge]:
    async with Edge(AllowedOrigin="http://localhost:5173") as edge:
        yield edge


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:3000",
        "localhost:9",
        "LOCALHOST:1",
        "[::1]:3000",
        "172.17.0.1:80",
        "host.docker.internal:4566",
    ],
)
def test_own_host_names_are_accepted_with_any_port(host: str) -> None:
    assert is_own_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:3000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example@127.0.0.1.evil.example",
        "8.8.8.8",
        "[::1",
        "0x7f.1",
        "2130706433",
    ],
)
def test_a_name_that_may_lead_elsewhere_is_refused(host: str) -> None:
    """fault 66"""
    assert not is_own_host(host)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": GATEWAY},
        {"origin": "http://localhost:3000"},
        {"origin": GATEWAY, "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin"},
    ],
)
def test_own_pages_and_programs_are_not_foreign(headers: dict[str, str]) -> None:
    assert not is_from_foreign_page(headers, origins(3000))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:3001"},
        {"origin": "https://127.0.0.1:3000"},
        {"origin": "null"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_pages_are_foreign(headers: dict[str, str]) -> None:
    """fault 66"""
    assert is_from_foreign_page(headers, origins(3000))


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/", "/orders", "/v1/users/login", "/_local/notifications.json"])
@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
)
async def test_the_gateway_refuses_in_the_format_of_the_api(
    edge: Edge, path: str, headers: dict[str, str | None]
) -> None:
    """fault 66"""
    reply = await edge.call("POST", path, "{}", headers)

    assert reply.status == 403
    assert reply.json.keys() == {"message", "details"}
    assert "Access-Control-Allow-Origin" not in reply.headers
    assert edge.backend.events == []


@pytest.mark.asyncio
async def test_the_gateway_serves_its_own_origin_and_the_one_of_the_template(edge: Edge) -> None:
    for origin in (str(edge.server.make_url("")).rstrip("/"), "http://localhost:5173"):
        assert (await edge.call("GET", "/orders", headers={"Origin": origin})).status == 200


@pytest.mark.asyncio
async def test_the_emulator_learns_which_pages_are_the_gateways(edge: Edge) -> None:
    assert edge.backend.origins == ["http://localhost:5173"]


def test_each_stack_has_its_own_credentials() -> None:
    assert new_credentials() != new_credentials()


def test_clients_and_tools_use_the_credentials_of_the_stack() -> None:
    signer = client("sqs", OUTPUTS)._request_signer._credentials
    variables = environment(OUTPUTS)

    assert (signer.access_key, signer.secret_key, signer.token) == (
        variables["AWS_ACCESS_KEY_ID"],
        variables["AWS_SECRET_ACCESS_KEY"],
        None,
    )
    assert variables["AWS_ENDPOINT_URL"] == OUTPUTS["Endpoint"]


def test_a_client_reads_nothing_of_the_developers_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 68"""
    broken = tmp_path / "config"
    broken.write_text("[[broken")
    hostile = {
        "AWS_PROFILE": "missing",
        "AWS_CONFIG_FILE": str(broken),
        "AWS_SHARED_CREDENTIALS_FILE": str(broken),
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-west-9",
        "AWS_DEFAULT_REGION": "eu-west-9",
        "AWS_ENDPOINT_URL": "http://evil.example",
        "AWS_ENDPOINT_URL_SQS": "http://evil.example",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_MAX_ATTEMPTS": "many",
        "AWS_RETRY_MODE": "wrong",
        "AWS_CA_BUNDLE": "/missing",
        "http_proxy": "http://evil.example",
        "HTTP_PROXY": "http://evil.example",
        "ALL_PROXY": "socks5://evil.example",
        "HOME": os.devnull,
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)

    made = client("sqs", OUTPUTS)

    assert made.meta.endpoint_url == OUTPUTS["Endpoint"]
    assert made.meta.region_name == "us-east-1"
    assert made._endpoint.http_session._proxy_config._proxies == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_server_of_this_machine_is_asked_without_a_proxy(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 68"""
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    found = answers(server.server_port, "/README.md", "Storefront")

    server.shutdown()
    server.server_close()
    assert found


@pytest.mark.parametrize(
    ("given", "direct"),
    [("", "127.0.0.1,localhost"), ("a.example,b", "127.0.0.1,localhost,a.example,b"), ("*", "*")],
)
def test_make_adds_this_machine_to_the_hosts_without_a_proxy(given: str, direct: str) -> None:
    """fault 68"""
    shown = _in_make('echo "$$NO_PROXY" "$$no_proxy"', NO_PROXY=given, no_proxy=given)

    assert shown.split() == [direct, direct]


def test_make_leaves_out_what_changes_the_code_that_runs() -> None:
    """fault 68"""
    hostile = dict.fromkeys(("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "VIRTUAL_ENV"), "/x")

    shown = _in_make("echo $(ENV) $$(env | grep -c /x || true)", ENV="/x", **hostile)

    assert shown.split() == ["dev", "0"]


def test_an_argument_of_make_selects_the_environment() -> None:
    assert _in_make("echo $(ENV) $$ENV", "ENV=prod", ENV="/x").split() == ["prod", "prod"]


def _in_make(command: str, *arguments: str, **environment: str) -> str:
    """Return what a command prints in a recipe of the Makefile."""
    return subprocess.run(
        ["make", "--silent", "--file=-", "shown", *arguments],
        input=f"include Makefile\nshown:\n\t@{command}\n",
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
