"""Serve the template's API as API Gateway would.

    python -m local.gateway --outputs .local/outputs.json --port 3000

Routes, models, mapping templates, responses and limits are read from the template. The services
and functions behind them run on the emulator.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from local.development import sessions
from local.emulator_clients import client
from local.gateway.app import make_app
from local.gateway.intrinsics import StackResolver
from local.gateway.server import serve
from local.origins import origins
from project.template import ROOT


def main() -> None:
    """Serve the stack that an outputs file describes, until the process is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local.gateway", description=__doc__)
    parser.add_argument("--outputs", type=Path, default=ROOT / ".local" / "outputs.json")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--lambda-url", help="the address of sam local start-lambda")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # it logs what clients send

    outputs = json.loads(arguments.outputs.read_text())
    cloudformation = client("cloudformation", outputs)
    directory = Path(outputs["Directory"])
    app = make_app(
        stack=StackResolver.deployed(outputs["Stack"], outputs["Region"], cloudformation),
        outputs=outputs,
        lambda_url=arguments.lambda_url,
        notifications_queue_url=outputs.get("NotificationsQueueUrl"),
        secret=os.environ.get("GATEWAY_SECRET", ""),
        stack_id=os.environ.get("STACK_ID", ""),
        origins=origins(arguments.port),
        is_watched=lambda: sessions.of_all_functions(directory) is not None,
    )
    with suppress(web.GracefulExit):
        asyncio.run(serve(app, arguments.port))


if __name__ == "__main__":
    main()
