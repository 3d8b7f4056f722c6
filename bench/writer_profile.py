"""Where the writer spends its time, by cProfile, on one thread and a server without delay."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from bench.aws_stub import run_stub
from bench.implementations import ENVIRONMENT, WRITER
from bench.report import Report
from bench.throughput import BATCH_SIZE
from project.template import ROOT

BATCHES = 5

# Parts that do not overlap: (description, end of the file name, function).
PARTS = [
    ("parse the message: JSON, schema", "common/orders.py", "from_message"),
    ("item and fingerprint", "common/orders.py", "to_item"),
    ("request: serialize", "botocore/client.py", "_convert_to_request_dict"),
    ("request: endpoint", "botocore/client.py", "_resolve_endpoint_ruleset"),
    ("request: sign", "botocore/signers.py", "sign"),
    ("HTTP: urllib3, http.client, socket", "botocore/httpsession.py", "send"),
    ("response: parse", "botocore/parsers.py", "parse"),
    ("write a log line", "logging/logger.py", "info"),
]


def report() -> Report:
    """Profile the writer. One row per part."""
    with run_stub(delay_seconds=0) as endpoint:
        environment = ENVIRONMENT | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, WRITER.folders)),
            "AWS_ENDPOINT_URL": endpoint,
            "ORDERS_DEAD_LETTER_QUEUE_URL": f"{endpoint}/queue",
        }
        script = ROOT / "bench" / "profile_runner.py"
        process = subprocess.run(
            [sys.executable, "-P", script, str(BATCH_SIZE), str(BATCHES)],
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    total, functions = json.loads(process.stdout.splitlines()[-1])
    shares = []
    for part, file, name in PARTS:
        found = [s for f, n, s in functions if n == name and f.endswith(file)]
        if not found:
            raise LookupError(f"{file} has no {name} that the writer called: update PARTS")
        shares.append((part, sum(found) / total))
    shares.append(
        ("everything else: hooks, retries, batch, metrics", 1 - sum(s for _, s in shares))
    )
    return Report(
        "Profile of the writer",
        "The shares of the writer's time per order, on one thread. The local server answers "
        "without delay, but HTTP still waits for its response. cProfile makes function calls look "
        "more expensive than they are.",
        ("", "share"),
        [(part, f"{share:.0%}") for part, share in shares],
    )
