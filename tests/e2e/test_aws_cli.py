"""The commands of docs/users.md, run as they stand on the page, with the AWS CLI."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from local.api_user import request
from local.emulator_clients import Outputs, client, environment
from project.template import ROOT
from tests.e2e.cognito_accounts import claims

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("creates the user ann, as on the page"),
    pytest.mark.timeout(300),  # each of 15 commands starts a Python of its own
]

PAGE = ROOT / "docs" / "users.md"
TOOLS = ROOT / ".local" / "sam" / "bin"  # the AWS CLI is beside SAM CLI


def test_the_commands_for_administrators_work_in_their_order(
    outputs: Outputs, tmp_path: Path
) -> None:
    administration = PAGE.read_text().partition("\n## Administration\n")[2]
    [commands] = re.findall(r"^```sh\n(POOL=.*?)^```$", administration, re.DOTALL | re.MULTILINE)
    variables = {
        **environment(outputs),
        "HOME": str(tmp_path),
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
    }

    done = subprocess.run(
        ["bash", "-euc", f'{commands}\nprintf %s "$TOKEN" > token'],
        cwd=tmp_path,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    token = (tmp_path / "token").read_text()
    assert claims(token)["token_use"] == "id"
    assert claims(token)["cognito:username"] == "ann"
    url = f"{outputs['GatewayUrl']}/orders"
    assert request("GET", url, headers={"Authorization": token}).status == 200
    cognito = client("cognito-idp", outputs)
    with pytest.raises(cognito.exceptions.UserNotFoundException):
        cognito.admin_get_user(UserPoolId=outputs["UserPoolId"], Username="ann")
