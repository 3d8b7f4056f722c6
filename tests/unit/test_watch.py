"""make watch: which saved files start which functions again, and which need a deployment."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from local.watch.changes import Changes
from local.watch.watcher import Watcher

pytestmark = pytest.mark.slow

PATIENCE = 10


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the sources of two functions and the layer."""
    for name in (
        *("src/orders/app.py", "src/search/app.py", "src/search/requirements.txt"),
        *("layers/common/common/aws.py", "layers/common/requirements.txt", "template.yaml"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


@pytest.fixture
def watcher(root: Path) -> Iterator[Watcher]:
    with Watcher(root) as started:
        yield started


@pytest.fixture
def polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let watchfiles look at all files repeatedly, as it does on WSL."""
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")


def seen(watcher: Watcher, files: set[Path]) -> set[Path]:
    """Wait until a watcher has seen these files. Returns all that it saw until then."""
    found: set[Path] = set()
    while not files <= found:
        new = watcher.wait(PATIENCE)
        assert new, f"only {found} were seen"
        found |= new
    return found


def changes(root: Path, *names: str) -> Changes:
    return Changes.of({root / name for name in names}, root)


def expected(
    functions: Collection[str] = (), *, layer: bool = False, needs_deployment: bool = False
) -> Changes:
    return Changes(frozenset(functions), layer, needs_deployment, ())


def test_the_code_of_a_function_concerns_that_function(root: Path) -> None:
    found = changes(root, "src/orders/app.py", "src/orders/new/__init__.py")

    assert found == expected({"orders"})


def test_the_code_of_the_layer_concerns_all_functions(root: Path) -> None:
    found = changes(root, "layers/common/common/aws.py", "src/search/app.py")

    assert found == expected({"search"}, layer=True)


@pytest.mark.parametrize(
    "name",
    [
        *("template.yaml", "samconfig.toml", "src/search/requirements.txt"),
        *("layers/common/requirements.txt", "layers/common/Makefile"),
    ],
)
def test_what_is_built_or_configured_needs_a_deployment(root: Path, name: str) -> None:
    assert changes(root, name, "src/orders/app.py") == expected({"orders"}, needs_deployment=True)


def test_other_files_concern_nothing(root: Path) -> None:
    assert changes(root, "README.md", "src", "../elsewhere.py") == expected()


def test_a_syntax_error_is_one_line_with_its_place(root: Path) -> None:
    (root / "src/orders/app.py").write_text("a = 1\nb = = 2\n")

    assert changes(root, "src/orders/app.py").faults == ("src/orders/app.py:2: invalid syntax",)


def test_a_deleted_file_is_a_change_without_faults(root: Path) -> None:
    (root / "src/orders/app.py").unlink()

    assert changes(root, "src/orders/app.py") == expected({"orders"})


def test_all_saved_files_are_seen(watcher: Watcher, root: Path) -> None:
    names = {root / "src/orders/app.py", root / "layers/common/common/aws.py"}

    for path in names:
        path.write_text("a = 1")

    assert seen(watcher, names) == names


def test_a_file_that_an_editor_replaces_is_seen(watcher: Watcher, root: Path) -> None:
    for name in ("template.yaml", "src/orders/app.py"):
        draft = root / f"{name}~"
        draft.write_text("changed")
        draft.replace(root / name)

        assert seen(watcher, {root / name}) == {root / name}


def test_the_files_of_a_folder_that_is_moved_to_the_sources_are_seen(
    watcher: Watcher, root: Path
) -> None:
    draft = root / "draft"
    (draft / "__pycache__").mkdir(parents=True)
    for name in ("app.py", "__pycache__/app.cpython-313.pyc"):
        (draft / name).write_text("")
    seen(watcher, {draft})

    draft.rename(root / "src/returns")

    files = {root / "src/returns", root / "src/returns/app.py"}
    assert seen(watcher, files) - {draft} == files


@pytest.mark.usefixtures("polling")
def test_a_saved_file_is_seen_without_notifications_of_the_system(
    watcher: Watcher, root: Path
) -> None:
    path = root / "src/orders/app.py"
    path.write_text("a = 1")
    os.utime(path, (time.time() + 60,) * 2)  # polling notices another second

    assert seen(watcher, {path}) == {path}


def test_bytecode_and_drafts_of_editors_are_not_seen(watcher: Watcher, root: Path) -> None:
    folder = root / "src/orders"

    for name in (".app.py.swp", "app.py~", "__pycache__/app.cpython-313.pyc"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("draft")
    (folder / "app.py").write_text("a = 1")

    assert seen(watcher, {folder / "app.py"}) == {folder / "app.py"}


def test_a_watcher_without_changes_waits_for_the_given_time(root: Path) -> None:
    assert Watcher(root).wait(0.01) == set()
