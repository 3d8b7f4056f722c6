"""Where the time of the writer goes: one thread, a server that answers at once, cProfile."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from bench.batches import BATCH, ENVIRONMENT
from bench.section import Section
from bench.stub import stub
from local.stack.deployment import BUILD
from project.template import ROOT

BATCHES = 5

# Parts that do not overlap: (what it is, file that it is in, function).
PARTS = [
    ("reading the message: JSON, schema", "common/orders.py", "from_message"),
    ("item and fingerprint", "common/orders.py", "to_item"),
    ("request: serialize", "botocore/client.py", "_convert_to_request_dict"),
    ("request: endpoint", "botocore/client.py", "_resolve_endpoint_ruleset"),
    ("request: sign", "botocore/signers.py", "sign"),
    ("HTTP: urllib3, http.client, socket", "botocore/httpsession.py", "send"),
    ("response: parse", "botocore/parsers.py", "parse"),
    ("a log line", "logging/logger.py", "info"),
]


def section() -> Section:
    """A line a part."""
    with stub(delay_seconds=0) as address:
        environment = ENVIRONMENT | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{BUILD / 'OrdersWriterFunction'}:{BUILD / 'CommonLayer' / 'python'}",
            "AWS_ENDPOINT_URL": address,
            "ORDERS_DEAD_LETTER_QUEUE_URL": f"{address}/queue",
        }
        script = ROOT / "bench" / "profiled.py"
        process = subprocess.run(
            [sys.executable, "-P", script, str(BATCH), str(BATCHES)],
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    total, functions = json.loads(process.stdout.splitlines()[-1])
    shares = [
        (what, sum(s for f, n, s in functions if n == name and f.endswith(file)) / total)
        for what, file, name in PARTS
    ]
    shares.append(("all else: hooks, retries, batch, metrics", 1 - sum(s for _, s in shares)))
    return Section(
        "Profile of the writer",
        "Shares of an order's time in the writer, one thread, on a server that answers at once, "
        "whose answer HTTP still waits for. cProfile weighs calls heavier than they are.",
        ("", "share"),
        [(what, f"{share:.0%}") for what, share in shares],
    )
