"""`make load`: its limits, what its senders report, and the books."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bench.load import sender
from bench.load.__main__ import NotConfirmed, _confirm
from bench.load.limits import ON_AWS, ON_THIS_MACHINE, Load, TooMuch
from bench.load.senders import Sent
from project.template import ROOT

MAX_PARAMETER = 4096
"""Bytes of a parameter of CloudFormation, by which the code of a sender is deployed."""


class Api(BaseHTTPRequestHandler):
    """Accepts orders, but answers 503 to each that ends with 3."""

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if body.endswith(b'3"}') else 202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a server that takes orders."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_a_sender_reports_what_was_not_accepted(url: str) -> None:
    report = sender.handler(
        {"url": url, "token": "t", "name": "load", "rate": 100, "seconds": 0.2}, None
    )

    sent = Sent.of({"load": report})
    assert sent.statuses == {"202": 18, "503": 2}
    assert sent.orders == 20
    assert len(sent.accepted) == 18
    assert sent.accepted[sender.order_id("load", 4)] == ["load 4"]
    assert sender.order_id("load", 13) not in sent.accepted


def test_an_api_that_does_not_answer_has_accepted_nothing() -> None:
    report = sender.send("http://127.0.0.1:1", "t", "load", rate=20, seconds=0.1)

    assert Sent.of({"load": report}).accepted == {}
    assert report["statuses"] == {"0": 2}


def test_a_percentile_is_the_time_within_which_so_many_were_answered() -> None:
    report = {
        "statuses": {"202": 100},
        "milliseconds": {"10": 50, "40": 49, "900": 1},
        "failed": [],
        "numbers": 100,
        "seconds": 1.0,
    }
    sent = Sent.of({"a": report, "b": report})

    assert [sent.percentile(share) for share in (0.5, 0.9, 0.99, 0.999)] == [10, 40, 40, 900]


def test_the_code_of_a_sender_fits_into_a_parameter() -> None:
    code = ROOT / "bench/load/sender.py"

    assert code.stat().st_size <= MAX_PARAMETER


def test_the_orders_of_all_senders_are_those_of_the_load() -> None:
    assert Load(rate=100, minutes=2, senders=0).orders == 12_000
    assert Load(rate=100, minutes=2, senders=8).orders == 12_000


@pytest.mark.parametrize(
    "load",
    [
        Load(rate=1001, minutes=1, senders=0),
        Load(rate=1, minutes=15, senders=0),
        Load(rate=1, minutes=1, senders=21),
        Load(rate=0, minutes=1, senders=0),
        Load(rate=1, minutes=-1, senders=0),
    ],
)
def test_more_than_the_limits_is_refused(load: Load) -> None:
    with pytest.raises(TooMuch):
        load.check(ON_AWS)


def test_this_machine_has_lower_limits() -> None:
    load = Load(rate=100, minutes=1, senders=0)

    load.check(ON_AWS)
    with pytest.raises(TooMuch, match="RATE"):
        load.check(ON_THIS_MACHINE)


@pytest.mark.parametrize("answer", ["", "no\n", "y\n"])
def test_nothing_is_sent_without_a_yes(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))

    with pytest.raises(NotConfirmed):
        _confirm()
