"""Send random requests to all routes of the running local stack: `make fuzz [SEED=1]`.

They are made from docs/openapi.yaml, valid and invalid ones, and in sequences that follow the links
of the document: an order is placed and read, an image is created, read and deleted. Each answer
must be one that the document describes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import uuid
from pathlib import Path

from local.api_user import ApiUser
from local.emulator_clients import Outputs
from local.stack.local_stack import LocalStack
from project.template import ROOT

_CONFIG = Path(__file__).with_name("schemathesis.toml")


def command(outputs: Outputs, seed: int | None = None, examples: int | None = None) -> list[str]:
    """Return the command that tests the stack. Without a seed, each run is another one."""
    program = Path(sys.executable).with_name("schemathesis")
    has_search = "OpenSearchUrl" in outputs
    return [
        *(str(program), "--config-file", str(_CONFIG)),
        *("run", str(ROOT / "docs" / "openapi.yaml"), "--url", outputs["GatewayUrl"]),
        "--continue-on-failure",
        *(("--max-examples", str(examples)) if examples is not None else ()),
        *(() if has_search else ("--exclude-path", "/search")),  # then there is no such route
        *(("--seed", str(seed)) if seed is not None else ()),
    ]


def environment(outputs: Outputs) -> dict[str, str]:
    """Return the variables that the configuration refers to: the tokens of new users."""
    user, other = (ApiUser.sign_in(outputs, f"fuzz-{uuid.uuid4().hex[:12]}") for _ in range(2))
    return {
        "ID_TOKEN": user.id_token,
        "ACCESS_TOKEN": user.access_token,
        "OTHER_ACCESS_TOKEN": other.access_token,
    }


def main() -> int:
    """Test the stack that `make up` has started, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat the run with this seed")
    parser.add_argument("--examples", type=int, help="of each route, and sequences")
    arguments = parser.parse_args()
    stack = LocalStack()
    if not stack.is_running("gateway"):
        sys.exit("the local stack is not running; start it with make up")
    outputs = stack.outputs()
    run = command(outputs, arguments.seed, arguments.examples)
    return subprocess.run(run, env=os.environ | environment(outputs), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
