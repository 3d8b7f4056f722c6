"""Segments are sent to the X-Ray daemon; failures of the daemon affect nothing."""

from __future__ import annotations

import re

import pytest

from common.tracing import order_segment
from project.template import ROOT as ROOT_FOLDER
from tests.harness.xray import Daemon

ROOT = "1-69a42b00-000000000000000000000001"
SAMPLED = f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"


def test_a_segment_of_the_function_is_added_to_the_orders_trace(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "storefront-writer")

    with order_segment(SAMPLED, "the order"):
        pass

    [segment] = daemon.segments()
    assert segment["name"] == "storefront-writer"
    assert segment["trace_id"] == ROOT
    assert segment["parent_id"] == "53995c3f42cd8ad8"
    assert segment["annotations"] == {"orderID": "the order"}
    assert len(bytes.fromhex(segment["id"])) == 8
    assert segment["start_time"] <= segment["end_time"]
    assert "fault" not in segment


def test_an_exception_marks_the_segment_as_fault(daemon: Daemon) -> None:
    with pytest.raises(RuntimeError), order_segment(SAMPLED, "1"):
        raise RuntimeError

    [segment] = daemon.segments()
    assert segment["fault"] is True


@pytest.mark.parametrize(
    ("header", "invocation", "segments"),
    [
        (f"Root={ROOT}", "Root=1-2-3;Sampled=1", 1),
        (f"Root={ROOT}", "Root=1-2-3;Sampled=0", 0),
        (f"Root={ROOT}", "", 0),
        (f"Root={ROOT};Sampled=0", "Root=1-2-3;Sampled=1", 0),
        ("", "Root=1-2-3;Sampled=1", 0),
        (";=;x", "Root=1-2-3;Sampled=1", 0),
    ],
)
def test_the_header_decides_about_sampling_and_then_the_invocation(
    daemon: Daemon,
    monkeypatch: pytest.MonkeyPatch,
    header: str,
    invocation: str,
    segments: int,
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", invocation)

    with order_segment(header, "1"):
        pass

    assert len(daemon.segments()) == segments


def test_without_a_daemon_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_XRAY_DAEMON_ADDRESS", raising=False)

    with order_segment(SAMPLED, "1"):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[]:2000"])
def test_an_unreachable_daemon_is_ignored(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)

    with order_segment(SAMPLED, "1"):
        pass


def test_only_two_modules_know_of_x_ray() -> None:
    """They are what changes if OpenTelemetry replaces it."""
    sources = [*ROOT_FOLDER.glob("src/**/*.py"), *ROOT_FOLDER.glob("layers/common/common/**/*.py")]

    knowing = {
        str(source.relative_to(ROOT_FOLDER / "layers/common"))
        for source in sources
        if re.search(r"aws_xray_sdk|import.*\bTracer\b|AWS_XRAY|_X_AMZN", source.read_text())
    }

    assert knowing == {"common/api/routes.py", "common/tracing.py"}
