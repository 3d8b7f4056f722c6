"""make watch on a running stack: saved code answers without a build or a deployment."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.api_user import ApiUser
from local.development.functions import Functions
from local.development.sessions import Session
from local.emulator_clients import Outputs
from local.gateway.page_reload import SCRIPT
from local.stack.local_stack import LocalStack
from local.stack_probe import PATIENCE, wait_for
from local.watch.updates import follow
from local.watch.watcher import Watcher
from project.commands import CommandFailed
from project.template import ROOT
from tests.harness.own_process import running

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("runs functions from a folder"),
]

NO_GROUP = "no such group"
SAVED = """Response(404, "application/json", '{"message": "saved", "details": []}')"""
GROUPS, LAYER = "src/groups/app.py", "layers/common/common/groups.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the sources, with an empty template."""
    (tmp_path / "template.yaml").touch()
    for name in ("src", "layers"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def said() -> list[str]:
    """What the watcher prints."""
    return []


@pytest.fixture
def deploy() -> list[str]:
    """The deployments that the watcher has started."""
    return []


@pytest.fixture
def watched(
    outputs: Outputs, root: Path, said: list[str], deploy: list[str]
) -> Iterator[Callable[[], None]]:
    """Watch the copy until the end of the test, or until the result is called."""
    functions = Functions(outputs)
    started, stopping = threading.Event(), threading.Event()

    def deployed() -> None:
        deploy.append("started")
        if "broken" in (root / "template.yaml").read_text():
            raise CommandFailed("sam build failed")

    def run() -> None:
        session = Session(str(root), os.getpid())
        with Watcher(root) as watcher, functions.developed(session):
            started.set()
            follow(watcher, root, functions, deployed, said.append, stopping)

    def stop() -> None:
        stopping.set()
        thread.join()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(PATIENCE)
        yield stop
    finally:
        stop()


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def message(api_user: ApiUser) -> str:
    return str(api_user.request("GET", "/groups/none").body["message"])


def test_saved_code_answers_until_the_watcher_ends(
    watched: Callable[[], None], root: Path, api_user: ApiUser
) -> None:
    assert message(api_user) == NO_GROUP

    replace(root / LAYER, NO_GROUP, "no group of that name")
    wait_for("the layer", lambda: message(api_user) == "no group of that name")

    replace(root / GROUPS, "groups().get(group_id.lower()).to_json()", SAVED)
    wait_for("the function", lambda: message(api_user) == "saved")

    watched()
    assert message(api_user) == NO_GROUP


def test_a_syntax_error_is_one_line_and_the_code_before_it_answers(
    watched: Callable[[], None], root: Path, said: list[str], api_user: ApiUser
) -> None:
    code = (root / GROUPS).read_text()
    assert message(api_user) == NO_GROUP

    (root / GROUPS).write_text("def handler(:\n")
    wait_for("the error", lambda: f"{GROUPS}:1: invalid syntax" in said)

    assert message(api_user) == NO_GROUP
    (root / GROUPS).write_text(code)
    wait_for("the update", lambda: said[-1].startswith("groups "))


def test_a_saved_template_is_deployed_and_a_failure_is_told(
    watched: Callable[[], None], root: Path, said: list[str], deploy: list[str]
) -> None:
    (root / "template.yaml").write_text("broken")
    wait_for("the failure", lambda: "sam build failed" in said)
    deploy.clear()
    (root / "template.yaml").write_text("Resources: {}")
    wait_for("the deployment", lambda: said[-1].startswith("deployed "))

    assert deploy == ["started"]


def test_a_function_without_a_resource_is_named(
    watched: Callable[[], None], root: Path, said: list[str]
) -> None:
    (root / "src/returns").mkdir()

    (root / "src/returns/app.py").write_text("")

    expected = "src/returns is not deployed: template.yaml has no such function"
    wait_for("the line", lambda: expected in said)


def test_make_watch_reloads_the_page_and_ends_with_ctrl_c(stack: LocalStack) -> None:
    outputs = stack.outputs()

    with running(stack, "local.watch.__main__", until="Ctrl-C ends it") as watching:
        assert SCRIPT in page(outputs)

        watching.send_signal(signal.SIGINT)

        said, _ = watching.communicate(timeout=30)
        assert watching.returncode == 0
        assert "the stack keeps running" in said
    assert SCRIPT not in page(outputs)
    assert stack.is_running("gateway")


def page(outputs: Outputs) -> str:
    with urllib.request.urlopen(outputs["GatewayUrl"]) as response:
        return str(response.read().decode())
