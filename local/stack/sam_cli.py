"""SAM CLI with the settings of the local stack, whatever the developer's shell contains."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.emulator_clients import AWS_ENVIRONMENT, REGION
from project.commands import run
from project.template import ROOT

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"

SENDER = "shop.example"
"""The domain from which SES sends emails to buyers."""

PARAMETERS = {
    "Architecture": ARCHITECTURE,  # the functions run on this machine
    "DeletionProtection": "false",
    "RequireTls": "false",  # the emulator has plain HTTP only
    # All users have the same address, and tests are many users.
    "SignInsPerHour": "1000000",
    "CodesPerHour": "1000000",
    # Emails to buyers are on the page of notifications.
    "BuyerEmails": f"orders@{SENDER}",
    "BuyerEmailsIdentityArn": f"arn:aws:ses:{REGION}:000000000000:identity/{SENDER}",
}

PYTHON = ROOT / ".local/sam/bin"
"""The folder of python3.13 with its pip, and with what builds a package from its sources."""

# What pip needs for downloads, and nothing else of the developer's environment.
_INHERITED = re.compile(
    "HOME$|LANG$|LC_|(HTTPS?|ALL|NO)_PROXY$|PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE$|TMPDIR$",
    re.IGNORECASE,
)


def sam(
    command: str,
    directory: Path,
    env: dict[str, str],
    parameters: Mapping[str, str],
    *arguments: str,
    keep_open: Sequence[int] = (),
) -> None:
    """Run a command of SAM CLI with these variables and parameters of the template.

    Its output is in the directory, as `<command>.log`. It inherits the open files `keep_open`.
    Raises CommandFailed.
    """
    inherited = {name: value for name, value in os.environ.items() if _INHERITED.match(name)}
    path = os.pathsep.join([str(PYTHON), os.environ["PATH"]])
    env = (
        inherited
        | AWS_ENVIRONMENT
        | {
            "PATH": path,
            "SAM_CLI_TELEMETRY": "0",
            # Sources are built without installing their tools each time. 0 means no isolation.
            "PIP_NO_BUILD_ISOLATION": "0",
            "__SAM_CLI_APP_DIR": str(ROOT / ".local" / "sam-cli"),  # not in the home folder
        }
        | env
    )
    program = ROOT / ".local/sam/bin/sam"
    config: list[str | Path] = ["--config-file", ROOT / "samconfig.toml", "--config-env", "local"]
    values = {**PARAMETERS, **parameters}
    overrides = ["--parameter-overrides", *(f"{name}={v}" for name, v in values.items())]
    log = directory / f"{command}.log"
    words = [program, command, *config, *overrides, *arguments]
    run(f"sam {command}", words, log, env, keep_open=keep_open)
